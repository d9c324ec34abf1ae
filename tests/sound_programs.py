"""Bundles that hear samples from standard input, as C programs: whole, and in pieces while the sound comes."""

import subprocess

import numpy as np
from c_programs import STRICT, compiler

from quaver.compile.sound import sampled
from quaver.compile.source import program_of
from quaver.predict import Predictor

RATE = 16_000
OK, TOO_SHORT, TOO_LONG, NOT_FINITE, SILENT = range(5)
MAIN = """#include <stdio.h>
#include <string.h>
#include "quaver_model.h"

static quaver_arena arena, other;
static quaver_stream stream;
static quaver_sample samples[1 << 20];
static float features[QUAVER_INPUTS], whole[QUAVER_OUTPUTS], streamed[QUAVER_OUTPUTS];

/* Push the samples in pieces of drawn sizes; count the windows that are not those of their samples alone. */
static int pushed(int count, unsigned seed)
{
    int wrong = 0;
    quaver_begin(&stream);
    for (int at = 0, left = 0, taken; at < count || left; at += taken, left -= taken) {
        if (!left) {
            seed = seed * 1664525u + 1013904223u;
            left = 1 + (int)((seed >> 8) % (seed >> 30 == 0 ? 7u : seed >> 30 == 1 ? 150000u : 9000u));
            left = left < count - at ? left : count - at;
        }
        float alone[QUAVER_OUTPUTS], window[QUAVER_OUTPUTS];
        const quaver_status status = quaver_push(&stream, &arena, samples + at, left, &taken, window);
        if (status == QUAVER_WAITING)
            continue;
        const quaver_sample *from = samples + (stream.windows - 1) * QUAVER_HOP;
        const quaver_status found = quaver_classify(&other, from, QUAVER_WINDOW, alone);
        wrong += status != found || (status == QUAVER_OK && memcmp(alone, window, sizeof alone) != 0);
    }
    return wrong;
}

int main(void)
{
    int head[2], told[6];
    while (fread(head, 4, 2, stdin) == 2 && fread(samples, sizeof *samples, (size_t)*head, stdin) == (size_t)*head) {
        memset(&arena, 0xff, sizeof arena); /* NaN: nothing may be taken for zero */
        memset(features, 0, sizeof features);
#ifdef QUAVER_FRAMES
        told[5] = 0;
        told[0] = (int)quaver_features(&arena, samples, head[0], told + 5, features);
#else
        told[0] = (int)quaver_features(&arena, samples, head[0], features);
        told[5] = 1;
#endif
        told[1] = (int)quaver_classify(&arena, samples, head[0], whole);
        told[3] = pushed(head[0], (unsigned)head[1]);
        told[2] = (int)quaver_finish(&stream, &arena, streamed);
        told[4] = stream.windows;
        fwrite(told, 4, 6, stdout);
        fwrite(features, 4, QUAVER_INPUTS, stdout);
        fwrite(whole, 4, QUAVER_OUTPUTS, stdout);
        fwrite(streamed, 4, QUAVER_OUTPUTS, stdout);
    }
    return 0;
}
"""


class Program:
    """A bundle's program that hears samples from standard input, whole and in drawn pieces."""

    def __init__(self, folder, made, flags, **how):
        self.bundle, self.made, self.folder = made, program_of(made, "a test", **how), folder
        for name, content in self.made.files("binary").items():
            (folder / name).write_bytes(content)
        (folder / "hear.c").write_text(MAIN)
        sources = ["hear.c", "quaver_model.c"]
        for command in (
            [compiler(), *STRICT, *flags, *sources, "-c"],
            [compiler(), *(f for f in flags if "sanitize" in f), *("hear.o", "quaver_model.o", "quaver_weights.c"),
             "-o", "hear", "-lm"],
        ):  # fmt: skip
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[:2000]

    def __call__(self, *sounds, seed=0):
        heads = (np.array([len(s), seed + i], np.int32).tobytes() for i, s in enumerate(sounds))
        scale = self.made.contract.sound.full_scale
        fed = b"".join(head + sampled(s, scale).tobytes() for head, s in zip(heads, sounds, strict=True))
        done = subprocess.run([self.folder / "hear"], input=fed, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        rows = np.frombuffer(done.stdout, "<f4").reshape(len(sounds), -1)
        return rows[:, :6].copy().view("<i4"), rows[:, 6:-14], rows[:, -14:-7], rows[:, -7:]

    def expected(self, sound):
        predictor = Predictor(self.bundle)
        return np.array(list(predictor.predict(sound, RATE).probabilities.values()))
