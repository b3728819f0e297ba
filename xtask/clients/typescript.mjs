// One story, told by both generations of the official TypeScript client.
//
//   node typescript.mjs sdk|client URL-OF-NODE-A URL-OF-NODE-B
//
// Prints `ok NAME` or `not ok NAME: reason` per check. `cargo xtask clients`
// copies this file beside the installed packages and counts those lines.
import assert from 'node:assert/strict';

const [generation, nodeA, nodeB] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = await load(generation);

async function load(name) {
  if (name === 'client') return import('@modelcontextprotocol/client');
  const [{ Client }, { StreamableHTTPClientTransport }] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  ]);
  return { Client, StreamableHTTPClientTransport };
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

function newClient() {
  return new Client({ name: `xtask-${generation}`, version: '1.0.0' });
}

async function history(client) {
  const read = await client.readResource({ uri: 'calculator://history' });
  return read.contents[0].text;
}

// Exactly the sum of this story, and nobody else's.
function assertOneCalculation(text) {
  const results = [...text.matchAll(/"result":\s*(\d+)/g)].map((found) => found[1]);
  assert.deepEqual(results, ['150']);
}

const first = newClient();
const transport = new StreamableHTTPClientTransport(new URL(nodeA));
await check('connects', () => first.connect(transport));
await check('lists the tools', async () => {
  const { tools } = await first.listTools();
  assert.ok(tools.some((tool) => tool.name === 'calculate'));
});
await check('calculates', async () => {
  const answer = await first.callTool({
    name: 'calculate',
    arguments: { a: 100, b: 50, op: 'add' },
  });
  assert.equal(answer.content[0].text, '100 add 50 = 150');
});
await check('reads the history', async () => {
  assertOneCalculation(await history(first));
});

// Same session, another node. A client that holds a session id does not
// initialize again, so node B meets this conversation for the first time here.
const { sessionId, protocolVersion } = transport;
await first.close();
const second = newClient();
const moved = new StreamableHTTPClientTransport(new URL(nodeB), {
  sessionId,
  protocolVersion,
});
await check('continues on the second node', async () => {
  await second.connect(moved);
  if (protocolVersion) moved.setProtocolVersion(protocolVersion);
  assertOneCalculation(await history(second));
});
await check('ends the session', () => moved.terminateSession());
await second.close();
