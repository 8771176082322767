// Behaves: asks for what it was granted, a few times a minute, and keeps the last answer.
async function refresh() {
  const device = await bulkhead.device.info({});
  try {
    const answer = await bulkhead.network.request({ url: "https://api.tidal.example/forecast" });
    await bulkhead.storage.local.set("last-forecast", answer.text());
    console.info("forecast", answer.status, device.language ?? "");
  } catch (error) {
    console.warn("no forecast:", error.code);
  }
}

refresh();
setInterval(refresh, 2000);
