// Twilio's own library for Node.js in the benchmark; the arguments are those of floor.c, and so is what it prints.
const fs = require("fs");
const Twilio = require("twilio");

const [work, origin, flowSid, sidsFile, countText, inFlightText, extra] = process.argv.slice(2);
const count = Number(countText);
const inFlight = Number(inFlightText);
const sids = fs.readFileSync(sidsFile, "latin1");
const sid = (number) => sids.slice((number - 1) * 34, number * 34);
const base = new URL(origin);
const account = "AC0123456789abcdef0123456789abcdef";

// The library's HTTP client with keep-alive on; requests go to the canned server.
const requests = new Twilio.RequestClient({ keepAlive: true, maxSockets: inFlight });
const passOn = requests.request.bind(requests);
requests.request = (options) => passOn({ ...options, uri: options.uri.replace(/^https:\/\/[^/]*/, base.origin) });
const client = Twilio(account, "0123456789abcdef0123456789abcdef", { httpClient: requests });
const engagement = (number) => client.studio.v1.flows(flowSid).engagements(sid(number));

const atOnce = async (call) => {
  let started = 0;
  const worker = async () => {
    while (started < count) {
      started += 1;
      await call(started);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
};

const works = {
  fetch: async () => {
    for (let number = 1; number <= count; number += 1) await engagement(number).fetch();
  },
  pages: () => new Promise((resolve, reject) => {
    let seen = 0;
    client.studio.v1.flows(flowSid).engagements.each({
      pageSize: Number(extra),
      callback: (record) => { if (record.sid) seen += 1; },
      done: (problem) => (problem || seen !== count ? reject(problem || new Error("records are missing")) : resolve()),
    });
  }),
  create: () => atOnce((number) => client.studio.v2.flows(flowSid).executions.create({
    to: `+1555${String(number).padStart(7, "0")}`, from: "+15017122661", parameters: { order: sid(number) },
  })),
};

(async () => {
  if (work === "pages" || (work === "fetch" && count > 1)) await engagement(1).fetch();
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  await works[work]();
  const used = process.cpuUsage(cpu);
  const passed = Number(process.hrtime.bigint() - wall) / 1e3;
  const peak = /VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1];
  const whole = process.cpuUsage();
  console.log([(used.user + used.system) / count, passed / count, Number(peak), (whole.user + whole.system) / count]
    .map((figure) => figure.toFixed(3)).join(" "));
  process.exit(0);
})().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
