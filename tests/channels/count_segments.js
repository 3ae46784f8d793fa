// Counts the segments of texts as Twilio's own calculator does: a file with a JSON list in, a JSON list out.
const { readFileSync } = require("node:fs");
const { SegmentedMessage } = require("sms-segments-calculator");

const texts = JSON.parse(readFileSync(process.argv[2], "utf8"));
const counted = texts.map((text) => {
  const message = new SegmentedMessage(text);
  return [message.segmentsCount, message.encodingName];
});
process.stdout.write(JSON.stringify(counted));
