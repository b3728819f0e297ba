// What a chapter's server offers, used by both generations of the official
// TypeScript client.
//
//   node chapter.mjs sdk|client URL CHAPTER
//
// Prints `ok NAME` or `not ok NAME: reason` per check, as typescript.mjs does.
import assert from 'node:assert/strict';

const [generation, url, chapter] = process.argv.slice(2);
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
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`not ok ${name}: ${error.message.split('\n')[0]}`);
    process.exit(1);
  }
}

const client = new Client({ name: `xtask-${generation}`, version: '1.0.0' });
const transport = new StreamableHTTPClientTransport(new URL(url));
await check('connects', () => client.connect(transport));
await check('lists the tools', async () => {
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'calculate'));
});
await check('calculates', async () => {
  const answer = await client.callTool({
    name: 'calculate',
    arguments: { a: 100, b: 50, op: 'add' },
  });
  assert.equal(answer.content[0].text, '100 add 50 = 150');
});
if (Number(chapter) >= 3) {
  await check('reads the history', async () => {
    const read = await client.readResource({ uri: 'calculator://history' });
    const history = JSON.parse(read.contents[0].text);
    assert.deepEqual(history.map((line) => line.result), [150]);
  });
  await check('ends the session', () => transport.terminateSession());
}
await client.close();
