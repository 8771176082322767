// Asks for more than it was granted: a tracker that no rule names, a host that was only wished for, and two
// capabilities that nobody granted. Every refusal is a denial that the console can explain.
const wishes = [
  () => bulkhead.network.request({ url: "https://api.coinrush.example/levels" }),
  () => bulkhead.network.request({ url: "https://cdn.coinrush.example/sprites" }),
  () => bulkhead.network.request({ url: "https://px.adlantern.example/collect" }),
  () => bulkhead.call("contacts.read", {}),
  () => bulkhead.call("clipboard.read", {}),
];

let turn = 0;
async function play() {
  const wish = wishes[turn % wishes.length];
  turn += 1;
  try {
    await wish();
    await bulkhead.storage.local.set("turn", String(turn));
  } catch (error) {
    console.warn("refused:", error.code, error.denialId ?? "");
  }
}

play();
setInterval(play, 700);
