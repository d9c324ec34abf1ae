"""What is written is true: tables come from results, links lead somewhere, commands exist."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def test_the_readme_shows_every_sample_clip():
    from quaver.zoo import samples

    shown = re.search(r"<!-- demo -->(.*?)<!-- /demo -->", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert re.findall(r"^(\S+\.opus) ", shown, re.MULTILINE) == [path.name for path in samples()]


def test_the_readme_shows_what_was_measured():
    done = subprocess.run([sys.executable, "benchmarks/readme.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_that_are_named_exist(page):
    from quaver.cli.app import build

    program = build()
    for line in re.findall(r"^(?:\.venv/bin/)?quaver (.+?)(?:\s+#.*)?$", page.read_text(), re.MULTILINE):
        words = line.split()
        command = program.commands.get(words[0], program.commands["predict"])
        command = getattr(command, "commands", {}).get(words[1] if len(words) > 1 else "", command)
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert not {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)} - known - {"--help"}, line


def test_the_limits_are_said_where_people_look():
    for text in ((ROOT / "README.md").read_text(), (ROOT / "src/quaver/assets/bundles/article/card.json").read_text()):
        assert "workplace" in text
        assert "education" in text
        assert "actors" in text


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"\bmake ([a-z][a-z-]+)\b(?=[`\s ]*(?:#|`|,|\n|$))", page.read_text())) <= targets, page
