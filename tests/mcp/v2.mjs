/* The v2 SDK: MODE is auto, legacy or a version to pin. usage: v2.mjs HELIOS-MCP HOME MODE TOOLS */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { mode, transport, walk } from './walk.mjs';

const negotiation = ['auto', 'legacy'].includes(mode) ? mode : { pin: mode };
const modern = mode !== 'legacy';
const client = new Client({ name: 'helios-tests', version: '1' },
	{ versionNegotiation: { mode: negotiation } });
await client.connect(new StdioClientTransport(transport));
assert.equal(client.getNegotiatedProtocolVersion(), modern ? '2026-07-28' : '2025-11-25');

async function listen(uri, heard) {
	for (const method of ['notifications/resources/updated',
		'notifications/resources/list_changed', 'notifications/prompts/list_changed'])
		client.setNotificationHandler(method, ({ params }) => heard(method, params));
	if (!modern) {
		await client.subscribeResource({ uri });
		return () => client.unsubscribeResource({ uri });
	}
	const subscription = await client.listen({ ...(uri && { resourceSubscriptions: [uri] }),
		resourcesListChanged: true, promptsListChanged: true, toolsListChanged: true });
	return () => subscription.close();
}

const skills = new SkillsClient(client);

async function listSkills() {
	const { skills: list } = await skills.list();

	for (const skill of list)
		assert.deepEqual((await skills.get(skill.uri)).skill, skill);
	return list;
}

async function readSkill(skill) {
	const file = await skills.read(skill);

	assert.ok(file.verified);
	return file.text;
}

/* This SDK makes -32602 of either era's code for a resource that is not there. */
await walk({ client, modern, noResource: -32602, listen, listSkills, readSkill });
