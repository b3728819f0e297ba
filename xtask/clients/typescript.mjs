// One story, told by both generations of the official TypeScript client in every
// era that they speak.
//
//   node typescript.mjs sdk|legacy|auto|pinned URL-OF-NODE-A URL-OF-NODE-B
//
// `sdk` is generation 1, the others are modes of generation 2. Prints `ok NAME` or
// `not ok NAME: reason` per check. `cargo xtask clients` copies this file beside
// the installed packages and counts those lines.
import assert from 'node:assert/strict';

const MODERN = '2026-07-28';
const PATIENCE = 10_000;

const [mode, nodeA, nodeB] = process.argv.slice(2);
const isModern = mode === 'auto' || mode === 'pinned';
const name = { name: `xtask-${mode}`, version: '1.0.0' };
const capabilities = { elicitation: {} };

// What differs between the generations: packages, and names instead of schemas.
async function newClient() {
  if (mode === 'sdk') {
    const sdk = '@modelcontextprotocol/sdk';
    const { Client } = await import(`${sdk}/client/index.js`);
    const transports = await import(`${sdk}/client/streamableHttp.js`);
    const types = await import(`${sdk}/types.js`);
    return {
      client: new Client(name, { capabilities }),
      Transport: transports.StreamableHTTPClientTransport,
      elicitation: types.ElicitRequestSchema,
      updated: types.ResourceUpdatedNotificationSchema,
      withProgress: (onprogress) => [undefined, { onprogress }],
    };
  }
  const { Client, StreamableHTTPClientTransport } = await import(
    '@modelcontextprotocol/client'
  );
  const versionNegotiation = { mode: mode === 'pinned' ? { pin: MODERN } : mode };
  return {
    client: new Client(name, { capabilities, versionNegotiation }),
    Transport: StreamableHTTPClientTransport,
    elicitation: 'elicitation/create',
    updated: 'notifications/resources/updated',
    withProgress: (onprogress) => [{ onprogress }],
  };
}

// A check that fails ends the story: the later ones build on the earlier ones.
async function check(name, body) {
  try {
    const value = await body();
    console.log(`ok ${name}`);
    return value;
  } catch (error) {
    console.log(`not ok ${name}: ${error.message.split('\n')[0]}`);
    process.exit(1);
  }
}

// The client believes in one address, as it would behind a load balancer without
// sticky sessions; this is the balancer.
let node = nodeA;
function balanced(url, init) {
  return fetch(new URL(new URL(url).pathname, node), init);
}

const { client, Transport, elicitation, updated, withProgress } = await newClient();

let asked = 0;
client.setRequestHandler(elicitation, async ({ params }) => {
  asked += 1;
  assert.ok(params.requestedSchema.properties.confirm);
  return { action: 'accept', content: { confirm: true } };
});

// Resolves with the next uri of which the server says that it has changed.
let heard;
client.setNotificationHandler(updated, ({ params }) => heard?.(params.uri));
function nextChange() {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error('no change was told'));
    const timer = setTimeout(fail, PATIENCE);
    heard = (uri) => {
      clearTimeout(timer);
      resolve(uri);
    };
  });
}

// In a session the history is the session's; without one it is on a tape.
let tape = {};
function historyUri() {
  return tape.tape_id
    ? `calculator://tapes/${tape.tape_id}/history`
    : 'calculator://history';
}

async function results() {
  const read = await client.readResource({ uri: historyUri() });
  return JSON.parse(read.contents[0].text).map((calculated) => calculated.result);
}

function add(a, b) {
  const sum = { a, b, op: 'add', ...tape };
  return client.callTool({ name: 'calculate', arguments: sum });
}

const transport = new Transport(new URL(nodeA), { fetch: balanced });
await check('connects', async () => {
  await client.connect(transport);
  const negotiated = client.getNegotiatedProtocolVersion?.();
  const version = isModern ? MODERN : '2025-11-25';
  assert.equal(negotiated ?? transport.protocolVersion, version);
});
await check('lists the tools', async () => {
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'calculate'));
});
await check('calculates', async () => {
  if (isModern) {
    const opened = await client.callTool({ name: 'open_tape', arguments: {} });
    tape = { tape_id: opened.structuredContent.tape_id };
  }
  const answer = await add(100, 50);
  assert.equal(answer.content[0].text, '100 add 50 = 150');
});
// Exactly the sum of this story, and nobody else's.
await check('reads the history', async () => {
  assert.deepEqual(await results(), [150]);
});
await check('is told of progress', async () => {
  const steps = [];
  await client.callTool(
    { name: 'demo_progress', arguments: { steps: 3 } },
    ...withProgress(({ progress }) => steps.push(progress)),
  );
  assert.deepEqual(steps, [1, 2, 3]);
});
const subscription = await check('subscribes', async () => {
  const uri = historyUri();
  if (!isModern) return client.subscribeResource({ uri });
  const opened = await client.listen({ resourceSubscriptions: [uri] });
  assert.deepEqual(opened.honoredFilter.resourceSubscriptions, [uri]);
  return opened;
});
await check('continues on the second node', async () => {
  node = nodeB;
  assert.deepEqual(await results(), [150]);
});
// What is done on the second node is heard on the stream of the first.
await check('hears of changes', async () => {
  const change = nextChange();
  await add(1, 1);
  assert.equal(await change, historyUri());
});
await check('answers a question', async () => {
  await client.callTool({ name: 'confirm_clear', arguments: tape });
  assert.equal(asked, 1);
  assert.deepEqual(await results(), []);
});
if (isModern) {
  await check('ends the subscription', async () => {
    await subscription.close();
    assert.equal(await subscription.closed, 'local');
    assert.equal(transport.sessionId, undefined);
  });
} else {
  await check('ends the session', () => transport.terminateSession());
}
await client.close();
