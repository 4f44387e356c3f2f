// The same app as Slack's documentation would have it written: @slack/bolt in
// Socket Mode, its state in memory. Who is on call is given, not looked up.
const { App, LogLevel } = require("@slack/bolt");
const fs = require("fs");

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});
const managers = process.env.MANAGERS.split(",");
const accounts = fs.readFileSync(process.env.UNDERSTUDY_ACCOUNTS, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const cases = new Map(); // id → {requester, account, reason, approvers, cards, decided}
if (process.env.CASES) for (const c of JSON.parse(fs.readFileSync(process.env.CASES))) cases.set(c.id, { ...c, approvers: managers });

const plain = (text) => ({ type: "plain_text", text });
const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
const option = (a) => ({ text: plain(a.name), value: a.id });
const durations = ["15m", "1h"].map((d) => ({ text: plain(d), value: d }));
const find = (text) => accounts.filter((a) => a.id === text || a.name.toLowerCase().includes(text.toLowerCase()));
const story = (c) => [section(`<@${c.requester}> asks to sign in as *${c.account}*`), section("> " + c.reason)];
const buttons = (id) => ({ type: "actions", block_id: "decide:" + id, elements: [
  { type: "button", action_id: "approve", style: "primary", text: plain("Approve"), value: id },
  { type: "button", action_id: "deny", style: "danger", text: plain("Deny"), value: id } ] });

app.command("/impersonate", async ({ ack, client, body, command }) => {
  await ack();
  const [account] = find(command.text);
  const pick = { type: "external_select", action_id: "account", min_query_length: 0, ...(account && { initial_option: option(account) }) };
  await client.views.open({ trigger_id: body.trigger_id, view: {
    type: "modal", callback_id: "ask", title: plain("Sign in as a customer"), submit: plain("Request"), close: plain("Cancel"),
    blocks: [
      { type: "input", block_id: "account", label: plain("Account"), element: pick },
      { type: "input", block_id: "reason", label: plain("Reason"), element: { type: "plain_text_input", action_id: "reason", multiline: true } },
      { type: "input", block_id: "duration", label: plain("For how long"),
        element: { type: "static_select", action_id: "duration", options: durations, initial_option: durations[0] } },
    ] } });
});
app.options("account", async ({ ack, options }) => ack({ options: find(options.value).slice(0, 50).map(option) }));
app.view("ask", async ({ ack, body, view, client }) => {
  await ack();
  const v = view.state.values;
  const c = { requester: body.user.id, account: v.account.account.selected_option.text.text, reason: v.reason.reason.value, approvers: managers, cards: [] };
  cases.set(view.id, c);
  for (const channel of managers) {
    const posted = await client.chat.postMessage({ channel, text: "Your decision is needed", blocks: [...story(c), buttons(view.id)] });
    c.cards.push({ channel: posted.channel, ts: posted.ts });
  }
});
const decide = (verdict) => async ({ ack, body, action, client, respond }) => {
  const c = cases.get(action.value);
  const tell = (text) => respond({ response_type: "ephemeral", replace_original: false, text });
  if (c && c.approvers.includes(body.user.id) && !c.decided) {
    c.decided = { verdict, by: body.user.id };
    await ack();
    const blocks = [...story(c), section(`${verdict} by <@${body.user.id}>`)];
    await Promise.all(c.cards.map((card) => client.chat.update({ ...card, text: verdict, blocks })));
    return;
  }
  await ack();
  if (!c) await tell("This request isn't known.");
  else if (c.decided) await tell(`Your click changed nothing: ${c.decided.verdict} by <@${c.decided.by}> already.`);
  else await tell("You aren't one of the people who may decide this.");
};
app.action("approve", decide("Approved"));
app.action("deny", decide("Denied"));

app.start().catch((err) => { console.error(err); process.exit(1); });
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
