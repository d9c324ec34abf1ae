"use strict";
// One sound at a time; a line runs through its pictures while it plays; print opens what is folded.
const players = [...document.querySelectorAll("audio")];
for (const player of players) {
  const card = player.closest(".card");
  const heads = card ? [...card.querySelectorAll(".head")] : [];
  const move = () => {
    const part = player.duration > 0 ? player.currentTime / player.duration : 0;
    for (const head of heads) {
      const [left, right] = [Number(head.dataset.left), Number(head.dataset.right)];
      head.style.left = (100 * (left + part * (right - left))).toFixed(2) + "%";
      head.style.display = player.paused && part === 0 ? "none" : "block";
    }
    if (!player.paused) requestAnimationFrame(move);
  };
  player.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.pause();
    move();
  });
  player.addEventListener("seeked", move);
  player.addEventListener("ended", () => { for (const head of heads) head.style.display = "none"; });
}
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
