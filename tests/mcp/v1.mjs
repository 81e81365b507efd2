/* The v1 SDK: the handshake. usage: v1.mjs HELIOS-MCP HOME MODE TOOLS */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import * as types from '@modelcontextprotocol/sdk/types.js';
import { transport, walk } from './walk.mjs';

const client = new Client({ name: 'helios-tests', version: '1' });
await client.connect(new StdioClientTransport(transport));

async function listen(uri, heard) {
	for (const schema of [types.ResourceUpdatedNotificationSchema,
		types.ResourceListChangedNotificationSchema, types.PromptListChangedNotificationSchema])
		client.setNotificationHandler(schema, ({ method, params }) => heard(method, params));
	await client.subscribeResource({ uri });
	return () => client.unsubscribeResource({ uri });
}

/* v1 knows nothing of skills: plain requests. */
async function listSkills() {
	const any = types.ResultSchema;
	const { skills } = await client.request({ method: 'skills/list', params: {} }, any);

	for (const skill of skills) {
		const got = await client.request({ method: 'skills/get', params: { uri: skill.uri } }, any);
		assert.deepEqual(got.skill, skill);
	}
	return skills;
}

async function readSkill(skill) {
	const { contents } = await client.readResource({ uri: skill.uri });
	const digest = createHash('sha256').update(contents[0].text).digest('hex');

	assert.equal(skill.resources[0].digest, `sha256:${digest}`);
	assert.equal(skill.resources[0].size, Buffer.byteLength(contents[0].text));
	return contents[0].text;
}

await walk({ client, modern: false, noResource: -32002, listen, listSkills, readSkill });
