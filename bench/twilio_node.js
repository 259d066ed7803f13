// Twilio's own library for Node.js in the benchmark; the arguments are those of floor.c, and so is what it prints.
const fs = require("fs");
const Twilio = require("twilio");

const [work, origin, flowSid, countText, extra] = process.argv.slice(2);
const count = Number(countText);
const base = new URL(origin);
const account = "AC0123456789abcdef0123456789abcdef";

// The library's HTTP client with keep-alive on; requests go to the canned server.
const requests = new Twilio.RequestClient({ keepAlive: true, maxSockets: 50 });
const passOn = requests.request.bind(requests);
requests.request = (options) => passOn({ ...options, uri: options.uri.replace(/^https:\/\/[^/]*/, base.origin) });
const client = Twilio(account, "0123456789abcdef0123456789abcdef", { httpClient: requests });
const engagement = () => client.studio.v1.flows(flowSid).engagements("FN0123456789abcdef0123456789abcdef");

const atOnce = async (call) => {
  let started = 0;
  const worker = async () => {
    while (started < count) {
      started += 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
};

const works = {
  fetch: async () => {
    for (let index = 0; index < count; index += 1) await engagement().fetch();
  },
  pages: () => new Promise((resolve, reject) => {
    let seen = 0;
    client.studio.v1.flows(flowSid).engagements.each({
      pageSize: Number(extra),
      callback: (record) => { if (record.sid) seen += 1; },
      done: (problem) => (problem || seen !== count ? reject(problem || new Error("records are missing")) : resolve()),
    });
  }),
  create: () => atOnce(() => client.studio.v2.flows(flowSid).executions.create({ to: "+15558675310", from: "+15017122661" })),
};

(async () => {
  if (work === "pages" || (work === "fetch" && count > 1)) await engagement().fetch();
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  await works[work]();
  const used = process.cpuUsage(cpu);
  const passed = Number(process.hrtime.bigint() - wall) / 1e3;
  const peak = /VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1];
  console.log(`${((used.user + used.system) / count).toFixed(3)} ${(passed / count).toFixed(3)} ${peak}`);
  process.exit(0);
})().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
