/*
 * Clients of both SDKs and eras on one home at once: each hears what the others change, and no
 * change is lost. usage: together.mjs HELIOS-MCP HOME
 */
import assert from 'node:assert/strict';
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { transport, until } from './walk.mjs';

const uri = 'helios://persona/writer';
const each = 10;

async function handshake(name) {
	const client = new Client({ name, version: '1' });
	const made = { name, client, heard: 0 };

	await client.connect(new StdioClientTransport(transport));
	client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => made.heard++);
	await client.subscribeResource({ uri });
	return made;
}

async function modern(name) {
	const client = new ModernClient({ name, version: '1' },
		{ versionNegotiation: { mode: { pin: '2026-07-28' } } });
	const made = { name, client, heard: 0 };

	await client.connect(new ModernTransport(transport));
	client.setNotificationHandler('notifications/resources/updated', () => made.heard++);
	await client.listen({ resourceSubscriptions: [uri] });
	return made;
}

async function learn({ name, client }, key, value) {
	const result = await client.callTool({ name: 'learn_behavior',
		arguments: { persona: 'writer', key: `technical.${name}.${key}`, value } });

	assert.ok(!result.isError, result.content[0].text);
}

const clients = [await handshake('one'), await modern('two'), await handshake('three'),
	await modern('four')];

for (const client of clients) {
	const before = clients.map(({ heard }) => heard);

	await learn(client, 'first', true);
	await until(`all to hear of ${client.name}`,
		() => clients.every(({ heard }, i) => heard > before[i]));
}

await Promise.all(clients.map(async (client) => {
	for (let i = 0; i < each; i++)
		await learn(client, `key${i}`, i);
}));
for (const { client } of clients) {
	const { structuredContent } = await client.callTool({ name: 'get_active_persona',
		arguments: { persona_name: 'writer' } });

	for (const { name } of clients)
		assert.deepEqual(structuredContent.config.technical[name], { first: true,
			...Object.fromEntries(Array.from({ length: each }, (_, i) => [`key${i}`, i])) });
}
for (const { client } of clients)
	await client.close();
