// Judges a cluster with kafkajs: node judge_kafkajs.js HOST:PORT[,HOST:PORT...] [--sasl MECHANISM] [--user NAME]
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';

const { Kafka, logLevel, CompressionTypes, ConfigResourceTypes, AclResourceTypes } = kafkajs;
const [bootstrap, ...rest] = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = rest.indexOf(`--${name}`);
  return at < 0 ? otherwise : rest[at + 1];
};
const mechanism = option('sasl');
const kafka = new Kafka({
  clientId: 'judge',
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  ...(mechanism && {
    sasl: {
      mechanism: mechanism.toLowerCase(),
      username: option('user', 'admin'),
      password: process.env.JUDGE_PASSWORD ?? 'user-secret',
    },
  }),
});
const admin = kafka.admin();
const run = randomUUID().slice(0, 8);
let number = 0;
const name = (stem) => `judge-${stem}-${run}-${++number}`;
const checks = [];
const check = (title, act) => checks.push([title, act]);

async function until(what, probe, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function topic(stem, numPartitions = 1, configEntries = []) {
  const made = name(stem);
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: made, numPartitions, configEntries }] });
  return made;
}

async function produce(made, messages, settings = {}, sending = {}) {
  const producer = kafka.producer(settings);
  await producer.connect();
  const sent = await producer.send({ topic: made, messages, acks: -1, ...sending });
  await producer.disconnect();
  return sent;
}

async function consume(made, count, settings = {}) {
  const found = [];
  const consumer = kafka.consumer({ groupId: name('group'), ...settings });
  await consumer.connect();
  await consumer.subscribe({ topic: made, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ partition, message }) => found.push({ partition, ...message }) });
  await until(`${count} records`, () => found.length >= count, 30);
  await consumer.disconnect();
  return found;
}

check('cluster: id, controller and brokers', async () => {
  const found = await admin.describeCluster();
  assert.ok(found.clusterId);
  assert.ok(found.brokers.some((b) => b.nodeId === found.controller));
});

check('topics: created, described, grown, deleted', async () => {
  const made = await topic('life', 2);
  assert.ok((await admin.listTopics()).includes(made));
  assert.equal(await admin.createTopics({ topics: [{ topic: made }] }), false);
  await admin.createPartitions({ topicPartitions: [{ topic: made, count: 4 }] });
  const partitions = async () => (await admin.fetchTopicMetadata({ topics: [made] })).topics[0].partitions.length;
  await until('grown', async () => (await partitions()) === 4);
  await admin.deleteTopics({ topics: [made] });
  await until('gone', async () => !(await admin.listTopics()).includes(made));
});

check('configs: described and altered', async () => {
  const made = await topic('config', 1, [{ name: 'retention.ms', value: '5000' }]);
  const type = ConfigResourceTypes.TOPIC;
  const value = async () => {
    const found = await admin.describeConfigs({ resources: [{ type, name: made }] });
    return found.resources[0].configEntries.find((e) => e.configName === 'retention.ms').configValue;
  };
  assert.equal(await value(), '5000');
  const configEntries = [{ name: 'retention.ms', value: '6000' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: made, configEntries }] });
  await until('altered', async () => (await value()) === '6000');
});

check('records: key, value, headers, timestamp and gzip', async () => {
  const made = await topic('records');
  const timestamp = String(Date.now() - 5000);
  const message = { key: 'k', value: 'v', headers: { a: '1' }, timestamp };
  const [sent] = await produce(made, [message, { value: null }], {}, { compression: CompressionTypes.GZIP });
  assert.equal(sent.baseOffset, '0');
  const [first, second] = await consume(made, 2);
  assert.deepEqual([String(first.key), String(first.value), String(first.headers.a)], ['k', 'v', '1']);
  assert.deepEqual([first.timestamp, second.key, second.value], [timestamp, null, null]);
});

check('records: idempotent producer over three partitions', async () => {
  const made = await topic('idempotent', 3);
  const messages = Array.from({ length: 300 }, (_, i) => ({ value: String(i), partition: i % 3 }));
  await produce(made, messages, { idempotent: true, maxInFlightRequests: 1 });
  const found = (await consume(made, 300)).map((m) => Number(m.value)).sort((a, b) => a - b);
  assert.deepEqual(found, messages.map((_, i) => i));
});

check('groups: two members share, offsets are kept, reset and deleted', async () => {
  const made = await topic('group', 4);
  const groupId = name('group');
  const members = [kafka.consumer({ groupId }), kafka.consumer({ groupId })];
  const assigned = new Map();
  for (const member of members) {
    member.on(member.events.GROUP_JOIN, ({ payload }) => assigned.set(member, payload.memberAssignment[made] ?? []));
    await member.connect();
    await member.subscribe({ topic: made, fromBeginning: true });
    await member.run({ eachMessage: async () => {} });
  }
  const shared = () => [...assigned.values()].flat().sort().join() === '0,1,2,3' && [...assigned.values()].every((p) => p.length === 2);
  await until('shared', shared, 40);
  const [described] = (await admin.describeGroups([groupId])).groups;
  assert.deepEqual([described.state, described.members.length], ['Stable', 2]);
  for (const member of members) await member.disconnect();
  await admin.setOffsets({ groupId, topic: made, partitions: [{ partition: 0, offset: '0' }] });
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [made] });
  assert.equal(offsets.partitions.find((p) => p.partition === 0).offset, '0');
  await admin.deleteGroups([groupId]);
});

check('offsets: ends and by time', async () => {
  const made = await topic('offsets');
  const start = Date.now() - 60_000;
  for (let i = 0; i < 4; i++) await produce(made, [{ value: 'x', timestamp: String(start + i * 1000) }]);
  const [found] = await admin.fetchTopicOffsets(made);
  assert.deepEqual([found.low, found.high], ['0', '4']);
  const [at] = await admin.fetchTopicOffsetsByTimestamp(made, start + 1500);
  assert.equal(at.offset, '2');
});

check('deleting records: raises the log start', async () => {
  const made = await topic('purge');
  await produce(made, Array.from({ length: 10 }, () => ({ value: 'x' })));
  // This client finds a leader's address only once it has talked to it.
  assert.equal((await admin.fetchTopicOffsets(made))[0].high, '10');
  await admin.deleteTopicRecords({ topic: made, partitions: [{ partition: 0, offset: '6' }] });
  assert.equal((await admin.fetchTopicOffsets(made))[0].low, '6');
});

check('transactions: committed records and offsets count, aborted ones do not', async () => {
  const made = await topic('txn');
  const groupId = name('txn');
  const producer = kafka.producer({ transactionalId: name('txn'), idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const [value, commit] of [['kept', true], ['dropped', false], ['end', true]]) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: made, messages: [{ value }] });
    const offset = commit ? '3' : '9';
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: made, partitions: [{ partition: 0, offset }] }],
    });
    await (commit ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
  const found = await consume(made, 2);
  assert.deepEqual(found.map((m) => String(m.value)), ['kept', 'end']);
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [made] });
  assert.equal(offsets.partitions[0].offset, '3');
});

if (rest.includes('--authorizer')) {
  check('acls: created, described, deleted', async () => {
    const entry = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: name('acl'),
      resourcePatternType: 3,
      principal: 'User:ann',
      host: '*',
      operation: 3,
      permissionType: 3,
    };
    await admin.createAcls({ acl: [entry] });
    const listed = async () => (await admin.describeAcls({ ...entry, principal: undefined, host: undefined })).resources;
    const [found] = await until('listed', async () => ((await listed()).length ? listed() : null));
    assert.equal(found.acls[0].principal, 'User:ann');
    await admin.deleteAcls({ filters: [entry] });
    await until('gone', async () => (await listed()).length === 0);
  });
}

await admin.connect();
let failed = 0;
for (const [title, act] of checks) {
  try {
    await act();
    console.log(`ok    ${title}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${title}: ${String(error.message).replaceAll('\n', ' ').slice(0, 300)}`);
  }
}
await admin.disconnect();
console.log(`kafkajs: ${checks.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
