// Crosses its limits: bursts of requests, and stretches of computing that take more processor time than it was given.
async function burst() {
  let refused = 0;
  const calls = [];
  for (let index = 0; index < 24; index += 1) {
    calls.push(
      bulkhead.network.request({ url: "https://api.marble.example/run" }).catch((error) => {
        if (error.code === "RATE_LIMITED") refused += 1;
      }),
    );
  }
  await Promise.all(calls);
  if (refused > 0) console.warn(refused, "of 24 requests over the limit");
}

function simulate() {
  let energy = 0;
  for (let step = 0; step < 300000; step += 1) energy += Math.sin(step) * Math.cos(step);
  return energy;
}

setInterval(burst, 3000);
setInterval(simulate, 1000);
burst();
