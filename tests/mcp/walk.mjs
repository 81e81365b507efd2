/*
 * What every client does with helios-mcp: lists everything, calls every tool, reads every
 * resource, gets every prompt, completes, hears of changes, reads skills. Prints one JSON line a
 * step: {"step": name, "fault": text or null}. The clients differ only in what v1.mjs and v2.mjs
 * hand in:
 *
 * {client, modern, options, noResource, listen(uri, heard) -> stop(), listSkills(), readSkill(skill)}
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

export const [server, home, mode, tools] = process.argv.slice(2);
export const transport = { command: server, args: ['--dir', home], env: process.env };

const patience = 30000 * Number(process.env.HELIOS_PATIENCE ?? 1);
const core = ['get_base_config', 'get_active_persona', 'merge_behaviors', 'list_personas',
	'update_preference', 'search_patterns', 'commit_changes', 'learn_behavior', 'tune_weight',
	'revert_learning', 'evolve_behavior', 'explain_behavior'];

export function helios(...args) {
	return execFileSync('helios', ['--dir', home, ...args], { encoding: 'utf8' });
}

export async function until(what, question) {
	const end = Date.now() + patience;

	for (;;) {
		const answer = await question();
		if (answer)
			return answer;
		assert.ok(Date.now() < end, `waited in vain for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

async function step(name, run) {
	let fault = null;

	try {
		await run();
	} catch (error) {
		fault = error.stack ?? String(error);
		process.exitCode = 1;
	}
	console.log(JSON.stringify({ step: name, fault }));
}

async function refusal(promise, code, pattern = /./) {
	await assert.rejects(promise, (error) => {
		assert.equal(error.code, code, error.message);
		assert.match(error.message, pattern);
		return true;
	});
}

/* Calls tools and keeps account of which. */
class Caller {
	constructor(client, list) {
		this.client = client;
		this.tools = new Map(list.map((tool) => [tool.name, tool]));
		this.called = new Set();
	}

	async raw(name, args = {}) {
		const result = await this.client.callTool({ name, arguments: args });

		assert.equal(result.content.length, 1, name);
		assert.equal(result.content[0].type, 'text', name);
		return result;
	}

	/* The structured answer of a call that must succeed; the SDK has checked it by the schema. */
	async ok(name, args) {
		const result = await this.raw(name, args);
		const value = result.structuredContent;
		const declared = Object.keys(this.tools.get(name).outputSchema.properties);

		assert.ok(!result.isError, `${name}: ${result.content[0].text}`);
		assert.deepEqual(JSON.parse(result.content[0].text), value, name);
		if (declared.length)
			for (const key of Object.keys(value))
				assert.ok(declared.includes(key), `${name}: ${key} is not in its schema`);
		this.called.add(name);
		return value;
	}

	async fails(name, args, pattern) {
		const result = await this.raw(name, args);

		assert.ok(result.isError, `${name} took ${JSON.stringify(args)}`);
		assert.match(result.content[0].text, pattern);
		return result.structuredContent;
	}
}

function checkTool(tool) {
	assert.match(tool.name, /^[a-z_]{1,64}$/);
	for (const key of ['title', 'description'])
		assert.ok(tool[key], `${tool.name} has no ${key}`);
	assert.equal(tool.inputSchema.type, 'object');
	assert.equal(tool.inputSchema.additionalProperties, false);
	assert.equal(tool.outputSchema.type, 'object');
	for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'])
		assert.equal(typeof tool.annotations[hint], 'boolean', `${tool.name} ${hint}`);
	for (const [name, schema] of Object.entries(tool.inputSchema.properties))
		assert.ok(schema.description, `${tool.name} ${name}`);
}

async function readingTools(call) {
	const { config, revision } = await call.ok('get_base_config');
	assert.equal(typeof config.communication.tone, 'string');
	assert.match(revision, /^[0-9a-f]+$/);

	const { personas } = await call.ok('list_personas');
	assert.ok(personas.length >= 10);
	for (const { name } of personas) {
		const persona = await call.ok('get_active_persona', { persona_name: name });
		const merged = await call.ok('merge_behaviors', { persona_name: name });

		assert.equal(persona.name, name);
		assert.deepEqual(merged, persona);
		assert.ok(persona.weight >= 0 && persona.weight <= 1);
	}
	helios('use', 'operator');
	assert.equal((await call.ok('get_active_persona')).name, 'operator');
	assert.equal((await call.ok('list_personas')).active, 'operator');

	const all = await call.ok('explain_behavior', { persona: 'operator' });
	const one = await call.ok('explain_behavior',
		{ persona: 'operator', key: 'communication.verbosity' });
	assert.ok(all.values.length > one.values.length && one.values.length === 1);
	assert.deepEqual(await call.ok('search_patterns', { query: 'nothing is like it' }),
		{ patterns: [] });
}

async function writingTools(call) {
	const before = await call.ok('get_active_persona', { persona_name: 'architect' });
	const tone = { persona: 'architect', key: 'communication.tone', value: 'calm and exact' };
	const learned = await call.ok('learn_behavior', { ...tone, expect: before.revision });
	assert.equal(learned.new, tone.value);
	assert.equal(learned.old, before.config.communication.tone);
	assert.equal(learned.commit, gitHead());
	assert.equal((await call.ok('learn_behavior', tone)).changed, false);

	assert.match(helios('show', 'architect', '--source'), /^  tone: calm and exact$/m);

	const stale = { ...tone, value: 'loud', expect: before.revision };
	const conflict = await call.fails('learn_behavior', stale, /changed since/);
	assert.equal(conflict.conflict, true);
	assert.equal(conflict.current, tone.value);

	const values = { 'communication.notes': 'Grüße, 世界 \u{1f600}, "quoted"\n\\ and\ttab',
		'technical.list': ['a', 1, 2.5, true, null, { b: [] }], 'technical.map': { c: { d: 0 } } };
	for (const [key, value] of Object.entries(values)) {
		assert.deepEqual((await call.ok('learn_behavior',
			{ persona: 'architect', key, value })).new, value);
		await call.ok('learn_behavior', { persona: 'architect', key, value: null });
	}

	const preferred = await call.ok('update_preference',
		{ domain: 'communication', key: 'language', value: 'Latin' });
	assert.equal(preferred.name, 'base');
	const latin = await call.ok('get_active_persona', { persona_name: 'tutor' });
	assert.equal(latin.config.communication.language, 'Latin');

	const tuned = await call.ok('tune_weight',
		{ target: 'architect', parameter: 'specialization_level', value: 4 });
	assert.equal(tuned.changed, true);
	const carried = await call.ok('evolve_behavior',
		{ from_config: 'architect', to_config: 'writer', key: 'communication.tone' });
	assert.equal(carried.new, tone.value);

	const reverted = await call.ok('revert_learning');
	assert.equal(reverted.changes, 1);
	assert.equal(reverted.commit, gitHead());
	const writer = await call.ok('get_active_persona', { persona_name: 'writer' });
	assert.notEqual(writer.config.communication.tone, tone.value);

	assert.deepEqual(await call.ok('commit_changes', { message: 'nothing to say' }),
		{ committed: false, commit: null });
	appendFileSync(join(home, 'personas/tutor.yaml'), '# looked through\n');
	const committed = await call.ok('commit_changes',
		{ message: 'tutor: looked through', files: ['personas/tutor.yaml'] });
	assert.equal(committed.committed, true);
	assert.equal(committed.commit, gitHead());
}

async function furtherTools(call) {
	assert.equal((await call.ok('set_active_persona', { name: 'tutor' })).name, 'tutor');
	assert.equal((await call.ok('get_active_persona')).name, 'tutor');
	await call.ok('create_persona', { name: 'empty' });
	await call.ok('create_persona', { name: 'second-tutor', from: 'tutor' });
	await call.fails('create_persona', { name: 'tutor' }, /tutor/);
	const history = await call.ok('persona_history', { persona: 'architect', limit: 3 });
	assert.equal(history.changes.length, 3);
	await call.ok('persona_history', { persona: 'architect', key: 'communication.tone' });
	await call.ok('delete_persona', { name: 'empty' });
	await call.fails('delete_persona', { name: 'empty' }, /empty/);
	const injected = await call.ok('inject_temporary', { persona: 'tutor',
		overlay: { communication: { passing: 'for now' } }, duration: '30m', reason: 'a try' });
	assert.equal(injected.persona, 'tutor');
	const covered = await call.ok('merge_behaviors', { persona_name: 'tutor' });
	assert.equal(covered.config.communication.passing, 'for now');
	await call.fails('inject_temporary', { persona: 'nobody', overlay: { a: 1 } }, /nobody/);
	const recorded = await call.ok('record_pattern', { pattern: 'prefers small steps',
		confidence: 0.8, persona: 'tutor', evidence: 'three reviews' });
	assert.match(recorded.file, /^learned\//);
	const found = await call.ok('search_patterns', { query: 'SMALL', confidence_min: 0.5 });
	assert.equal(found.patterns[0].content.pattern, 'prefers small steps');
	const none = await call.ok('search_patterns', { query: 'small', confidence_min: 0.9 });
	assert.deepEqual(none.patterns, []);
	const proposed = await call.ok('propose_adaptation', { persona: 'tutor',
		key: 'communication.tone', value: 'dry', reason: 'asked for' });
	assert.match(proposed.message, new RegExp(proposed.proposal));
	const taken = await call.ok('snapshot', { reason: 'before a change' });
	await call.ok('delete_persona', { name: 'second-tutor' });
	const back = await call.ok('rollback', { name: taken.name });
	assert.deepEqual(back.files, [{ file: 'personas/second-tutor.yaml', change: 'added' }]);
	assert.equal((await call.ok('list_snapshots')).snapshots.length, 2);
	await call.fails('rollback', { name: 'nothing' }, /nothing/);
	await call.ok('health');
}

async function wrongCalls(call, client) {
	await call.fails('get_active_persona', { persona_name: 'architekt' }, /architect/);
	await call.fails('merge_behaviors', {}, /persona_name/);
	await call.fails('merge_behaviors', { persona_name: 7 }, /persona_name/);
	await call.fails('get_base_config', { surplus: 1 }, /surplus/);
	await call.fails('tune_weight',
		{ target: 'architect', parameter: 'specialization_level', value: 'much' }, /number/);
	await call.fails('learn_behavior',
		{ persona: 'writer', key: 'behaviors.boundaries', value: [] }, /locked/);
	await refusal(client.callTool({ name: 'no_such_tool', arguments: {} }), -32602);
}

async function manyAtOnce(client) {
	const names = ['analyst', 'architect', 'operator', 'writer'];
	const calls = Array.from({ length: 400 }, (_, i) => client.callTool({
		name: 'get_active_persona', arguments: { persona_name: names[i % 4] } }));
	const results = await Promise.all(calls);

	results.forEach((result, i) => assert.equal(result.structuredContent.name, names[i % 4]));
}

async function resources(kit) {
	const { resources: list } = await kit.client.listResources();
	const { resourceTemplates } = await kit.client.listResourceTemplates();
	const uris = list.map((resource) => resource.uri);

	assert.ok(uris.includes('helios://base') && uris.includes('helios://status'));
	assert.equal(new Set(uris).size, uris.length);
	for (const name of ['operator', 'security-reviewer'])
		for (const { uriTemplate, mimeType } of resourceTemplates) {
			const { contents } = await kit.client.readResource(
				{ uri: uriTemplate.replace('{name}', name) });
			assert.equal(contents[0].mimeType, mimeType);
			assert.ok(contents[0].text.length > 20);
		}
	for (const { uri, mimeType } of list) {
		const { contents } = await kit.client.readResource({ uri });

		assert.deepEqual([contents.length, contents[0].uri], [1, uri]);
		assert.equal(contents[0].mimeType, mimeType);
		assert.ok(contents[0].text, uri);
	}
	const { contents } = await kit.client.readResource({ uri: 'helios://persona/operator/source' });
	assert.equal(contents[0].text, helios('show', 'operator', '--source'));
	for (const uri of ['helios://persona/nobody', 'helios://persona/../base', 'helios://x',
		'helios://persona/', 'file:///etc/passwd', 'skill://helios/nobody/SKILL.md'])
		await refusal(kit.client.readResource({ uri }), kit.noResource);
}

async function prompts(client) {
	const { prompts: list } = await client.listPrompts();

	assert.ok(list.length >= 11);
	for (const { name, description } of list) {
		const args = name === 'use_persona' ? { name: 'operator' } : {};
		const prompt = await client.getPrompt({ name, arguments: args });

		assert.ok(description, name);
		assert.equal(prompt.messages[0].role, 'user');
		assert.ok(prompt.messages[0].content.text.length > 20, name);
	}
	const one = await client.getPrompt({ name: 'operator' });
	const { contents } = await client.readResource({ uri: 'helios://persona/operator/prompt' });
	assert.equal(one.messages[0].content.text, contents[0].text);
	await refusal(client.getPrompt({ name: 'use_persona' }), -32602, /name/);
	await refusal(client.getPrompt({ name: 'nobody' }), -32602);
	await refusal(client.getPrompt({ name: 'use_persona', arguments: { name: 'architekt' } }),
		-32602, /architect/);
}

async function completion(client) {
	const ask = async (ref, value, name = 'name') =>
		(await client.complete({ ref, argument: { name, value } })).completion;
	const prompt = { type: 'ref/prompt', name: 'use_persona' };

	assert.deepEqual((await ask(prompt, 'ar')).values, ['architect']);
	assert.ok((await ask(prompt, '')).total >= 10);
	assert.deepEqual((await ask(prompt, 'zzz')).values, []);
	assert.deepEqual((await ask(prompt, '', 'other')).values, []);
	const { resourceTemplates } = await client.listResourceTemplates();
	for (const { uriTemplate } of resourceTemplates) {
		const ref = { type: 'ref/resource', uri: uriTemplate };
		assert.deepEqual((await ask(ref, 'ar')).values, ['architect']);
	}
	await refusal(ask({ type: 'ref/prompt', name: 'nobody' }, ''), -32602);
	await refusal(ask({ type: 'ref/resource', uri: 'helios://none/{x}' }, ''), -32602);
}

async function changes(kit) {
	const uri = 'helios://persona/writer';
	const heard = [];
	const stop = await kit.listen(uri, (method, params) => heard.push([method, params?.uri]));
	const has = (method, about) => heard.some(([m, u]) => m === method && u === about);

	helios('set', 'writer', 'communication.tone', 'brisk');
	await until('resources/updated', () => has('notifications/resources/updated', uri));
	const { contents } = await kit.client.readResource({ uri });
	assert.match(contents[0].text, /tone: brisk/);

	helios('new', `new-${mode}`);
	await until('resources/list_changed', () => has('notifications/resources/list_changed'));
	await until('prompts/list_changed', () => has('notifications/prompts/list_changed'));
	const { resources: list } = await kit.client.listResources();
	assert.ok(list.some((resource) => resource.uri === `helios://persona/new-${mode}`));

	await stop();
	heard.length = 0;
	helios('set', 'writer', 'communication.tone', 'slow');
	await kit.client.callTool({ name: 'list_personas', arguments: {} });
	await new Promise((resolve) => setTimeout(resolve, 300));
	assert.ok(!has('notifications/resources/updated', uri), 'told after the end');
}

/* Nothing but the wish to be told: nothing was asked for before. */
async function changesFirst(kit) {
	const heard = [];
	const stop = await kit.listen(kit.modern ? null : 'helios://status',
		(method) => heard.push(method));

	helios('new', `first-${mode}`);
	await until('resources/list_changed',
		() => heard.includes('notifications/resources/list_changed'));
	await stop();
}

async function skills(kit) {
	const list = await kit.listSkills();
	const { personas } = (await kit.client.callTool({ name: 'list_personas', arguments: {} }))
		.structuredContent;

	assert.equal(list.length, personas.length);
	for (const skill of list) {
		const text = await kit.readSkill(skill);
		assert.match(text, new RegExp(`^---\nname: "?${skill.frontmatter.name}"?\n`));
	}
}

function gitHead() {
	return execFileSync('git', ['--no-optional-locks', '-C', home, 'rev-parse', 'HEAD'],
		{ encoding: 'utf8' }).trim();
}

export async function walk(kit) {
	const { client } = kit;
	let call;

	await step('changes before anything else', () => changesFirst(kit));
	await step('server', () => {
		assert.equal(client.getServerVersion().name, 'helios');
		assert.ok(client.getServerCapabilities().resources.subscribe);
		assert.ok(client.getInstructions().length < 2048);
	});
	await step('tools/list', async () => {
		const { tools: list } = await client.listTools();

		list.forEach(checkTool);
		call = new Caller(client, list);
		for (const name of core)
			assert.ok(call.tools.has(name), name);
		assert.equal(tools === 'all', list.length > core.length);
	});
	await step('tools that read', () => readingTools(call));
	await step('tools that write', () => writingTools(call));
	if (tools === 'all')
		await step('further tools', () => furtherTools(call));
	else
		await step('further tools are not there', () => refusal(
			client.callTool({ name: 'health', arguments: {} }), -32602));
	await step('every tool was called', () =>
		assert.deepEqual([...call.tools.keys()].filter((name) => !call.called.has(name)), []));
	await step('wrong calls', () => wrongCalls(call, client));
	await step('400 calls at once', () => manyAtOnce(client));
	await step('resources', () => resources(kit));
	await step('prompts', () => prompts(client));
	await step('completion', () => completion(client));
	await step('changes', () => changes(kit));
	await step('skills', () => skills(kit));
	if (!kit.modern)
		await step('ping', () => client.ping());
	await step('end', async () => {
		const begin = Date.now();

		await client.close();
		assert.ok(Date.now() - begin < 1900, 'it had to be killed'); /* SIGTERM comes after 2 s */
	});
}
