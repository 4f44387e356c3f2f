// A Bolt app as its documentation would have it, but for the address.
const { App, LogLevel } = require("@slack/bolt");

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const plain = (text) => ({ type: "plain_text", text });
const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
const form = {
  type: "modal", callback_id: "form", title: plain("Order"), submit: plain("Send"), notify_on_close: true,
  blocks: [
    { type: "input", block_id: "dish", label: plain("Dish"),
      element: { type: "external_select", action_id: "dish", min_query_length: 0 } },
    { type: "input", block_id: "note", label: plain("Note"), element: { type: "plain_text_input", action_id: "note" } },
  ],
};

app.command("/order", async ({ ack, client, body }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: form });
});
app.command("/whisper", async ({ ack, respond, command }) => {
  await ack();
  await respond({ response_type: "ephemeral", text: "You said " + command.text });
});
app.options("dish", async ({ ack, options }) => {
  const dishes = ["Soup", "Salad", "Soufflé"].filter((d) => d.toLowerCase().startsWith(options.value.toLowerCase()));
  await ack({ options: dishes.map((d) => ({ text: plain(d), value: d })) });
});
app.view("form", async ({ ack, body, view, client }) => {
  const note = view.state.values.note.note.value;
  const dish = view.state.values.dish.dish.selected_option.value;
  if (note === "rude") {
    await ack({ response_action: "errors", errors: { note: "Say it kindly." } });
    return;
  }
  await ack({ response_action: "update", view: { type: "modal", title: plain("Order"), blocks: [section("Ordered " + dish)] } });
  await client.chat.postMessage({
    channel: body.user.id, text: "An order",
    blocks: [
      section(dish + ": " + note),
      { type: "actions", block_id: "decide", elements: [{ type: "button", action_id: "serve", text: plain("Serve"), value: dish }] },
    ],
  });
});
app.view({ callback_id: "form", type: "view_closed" }, async ({ ack, body, client }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: "Never mind." });
});
app.action("serve", async ({ ack, body, action, client }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: "Served", blocks: [section("Served " + action.value)] });
});
app.shortcut("take", async ({ ack, shortcut, client, respond }) => {
  await ack();
  const { permalink } = await client.chat.getPermalink({ channel: shortcut.channel.id, message_ts: shortcut.message.ts });
  await respond({ response_type: "ephemeral", text: `Took “${shortcut.message.text}” of ${shortcut.channel.name}, ${permalink}` });
  await client.views.open({ trigger_id: shortcut.trigger_id, view: form });
});
app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [section("Welcome home")] } });
});

app.receiver.client.on("connected", () => console.log("connected"));
app.start().catch((err) => { console.error(err); process.exit(1); });
process.stdin.resume();
process.stdin.on("end", () => process.exit(0)); // the test has ended
