// The official socket client alone: every command is acked with what it says.
const { SocketModeClient, LogLevel } = require("@slack/socket-mode");

const client = new SocketModeClient({
  appToken: process.env.SLACK_APP_TOKEN,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});
client.on("slash_commands", async ({ body, ack }) => { await ack({ text: "Echo " + body.text }); });
client.on("connected", () => console.log("connected"));
client.start().catch((err) => { console.error(err); process.exit(1); });
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
