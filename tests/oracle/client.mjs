#!/usr/bin/env node
// Proves that Prisma Client works with evt: `evt db push` and `evt generate --sql` on the example schema, then the generated
// client creates, relates, filters by an enum, stores JSON, runs typed queries and cascades on the database. Its typed
// queries have to be those that `prisma generate --sql` makes with evt as its engine.
//
// Usage: DATABASE_URL=postgresql://…/<empty database> node client.mjs <path of evt>
// Installs Prisma and its client 6.19.3 into a folder of its own, without running scripts and without engines.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import assert from 'node:assert/strict'

const evt = resolve(process.argv[2] ?? 'evt')
const folder = mkdtempSync(join(tmpdir(), 'evt-client-'))
const engines = { PRISMA_SCHEMA_ENGINE_BINARY: evt, PRISMA_QUERY_ENGINE_LIBRARY: evt }
const run = (program, ...args) => execFileSync(program, args, { cwd: folder, stdio: 'inherit', env: { ...process.env, ...engines } })

const schema = readFileSync(new URL('../../schema.prisma', import.meta.url), 'utf8')
const provider = 'provider = "prisma-client-js"'
assert(schema.includes(provider))
writeFileSync(join(folder, 'schema.prisma'), schema.replace(provider, `${provider}\n  engineType = "client"\n  output = "./generated"\n  previewFeatures = ["typedSql"]`))
writeFileSync(join(folder, 'package.json'), '{ "private": true }')
run('npm', 'install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', 'prisma@6.19.3', '@prisma/client@6.19.3', '@prisma/adapter-pg@6.19.3')
run(evt, 'db', 'push', '--skip-generate')
mkdirSync(join(folder, 'sql'))
writeFileSync(join(folder, 'sql', 'seats.sql'), `-- @description Who sits in a room
-- @param {String} $1:room its name
-- @param {RoomStatus} $2:status
SELECT r.status, u.email, p.metadata, p."roomId" AS room FROM rooms r
  LEFT JOIN participants p ON p."roomId" = r.id LEFT JOIN users u ON u.id = p."userId"
  WHERE r.name = $1 AND r.status = $2`)
const typed = () => {
  const generated = join(folder, 'generated', 'sql')
  return Object.fromEntries(readdirSync(generated).sort().map((name) => [name, readFileSync(join(generated, name), 'utf8')]))
}
run('npx', 'prisma', 'generate', '--sql')
const byPrisma = typed()
rmSync(join(folder, 'generated'), { recursive: true })
run(evt, 'generate', '--sql')
assert.deepEqual(typed(), byPrisma)
assert.match(byPrisma['seats.d.ts'], /email: string \| null/)
assert.match(byPrisma['seats.d.ts'], /status: \$DbEnums/)

const require = createRequire(join(folder, 'package.json'))
const { PrismaPg } = require('@prisma/adapter-pg')
const { PrismaClient } = require('./generated')
const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) })

const user = await db.user.create({
  data: {
    email: 'ada@example.org', provider: 'example', providerId: '1',
    sessions: { create: { token: 'secret', expiresAt: new Date('2030-01-01') } },
  },
  include: { sessions: true },
})
assert.equal(user.sessions.length, 1)
const manifest = { steps: [1, 2, { last: null }] }
const app = await db.app.create({ data: { appId: 'quiz', name: 'Quiz', version: '1', manifest } })
const room = await db.room.create({ data: { appId: app.id, name: 'Hall', appSettings: {}, status: 'DRAFT' } })
await db.participant.create({ data: { userId: user.id, roomId: room.id, metadata: { seat: 7 } } })
const [found, ...others] = await db.room.findMany({
  where: { status: 'DRAFT', participants: { some: { user: { email: user.email } } } },
  include: { app: true, participants: { include: { user: true } } },
})
assert.equal(others.length, 0)
assert.deepEqual(found.app.manifest, manifest)
assert.deepEqual(found.participants[0].metadata, { seat: 7 })
assert.equal(found.participants[0].user.email, user.email)
const { seats } = require('./generated/sql')
const rows = await db.$queryRawTyped(seats('Hall', 'DRAFT'))
assert.deepEqual(rows, [{ status: 'DRAFT', email: user.email, metadata: { seat: 7 }, room: room.id }])
await db.user.delete({ where: { id: user.id } })
assert.equal(await db.session.count(), 0)
assert.equal(await db.participant.count(), 0)
await db.$disconnect()
rmSync(folder, { recursive: true })
console.log('the generated client works')
