// Records what Prisma's engine warns of and refuses before it changes databases with data.
// Reads ../fixtures/safety/*.case; for each a database is made from `from.prisma` (the SQL of the engine itself) and
// filled by `data.sql`, and the engine is asked what `to.prisma` would do: as `migrate dev` does, and as `db push`
// does. Writes ../fixtures/safety/prisma-<version>.json: facts only, one text for each finding,
// `<step> | <kind> | <object> | <columns or values> | <count>`, with `-` for what is not said; `fails` where a push
// without a word of warning is refused by the server.
//
// Usage: DATABASE_URL=postgresql://… node safety.mjs [--missing]     --missing: only cases that are not recorded yet
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import pg from 'pg'
import { VERSIONS, diff, open } from './engine.mjs'

const fixtures = new URL('../fixtures/safety/', import.meta.url)
const server = new URL(process.env.DATABASE_URL)
const filters = { externalTables: [], externalEnums: [] }
const DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
const complete = (text) => (text.includes('datasource ') ? text : DATASOURCE + text)

function cases(text) {
  const sections = /^-- (deviation|from\.prisma|data\.sql|to\.prisma|findings) --\n/m
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf('\n')
      const parts = block.slice(end + 1).split(sections)
      const body = (name) => (parts.includes(name) ? parts[parts.indexOf(name) + 1] : '')
      return {
        name: block.slice(0, end),
        from: complete(body('from.prisma')),
        data: body('data.sql'),
        to: complete(body('to.prisma')),
      }
    })
}

// What a sentence states. The groups of a pattern: table or enum, columns or values, count.
const KINDS = [
  ['dropped-table', /drop the `(?<object>.+)` table, which is not empty \((?<count>\d+) rows\)/],
  ['dropped-column', /drop the column `(?<parts>.+)` on the `(?<object>.+)` table, which still contains (?<count>\d+) non-null/],
  ['dropped-primary-key', /primary key for the `(?<object>.+)` table will be changed/],
  ['risky-cast', /alter the column `(?<parts>.+)` on the `(?<object>.+)` table, which contains (?<count>\d+) non-null values/],
  ['recreated-column', /`(?<parts>.+)` column on the `(?<object>.+)` table would be dropped and recreated/],
  ['unique-index', /unique constraint covering the columns `\[(?<parts>.*)\]` on the table `(?<object>.+)` will be added/],
  ['removed-values', /values \[(?<parts>.*)\] on the enum `(?<object>.+)` will be removed/],
  ['required-column', /required column `(?<parts>.+)` (?:to|was added to) the `(?<object>.+)` table with(?:out)? a .*There are (?<count>\d+) rows/],
  ['made-required', /Made the column `(?<parts>.+)` on table `(?<object>.+)` required, but there are (?<count>\d+) existing NULL/],
  ['scalar-to-list', /Changed the column `(?<parts>.+)` on the `(?<object>.+)` table from a scalar field to a list field\. There are (?<count>\d+) existing non-null/],
  ['recreated-required', /Changed the type of `(?<parts>.+)` on the `(?<object>.+)` table\. No cast exists/],
]

function fact(message, step = '-') {
  for (const [kind, pattern] of KINDS) {
    const groups = message.match(pattern)?.groups
    if (groups) return [step, kind, groups.object, groups.parts ?? '-', groups.count ?? '-'].join(' | ')
  }
  throw new Error(`unknown sentence: ${message}`)
}

async function ask({ name, from, data, to }) {
  const database = `evt_record_${crypto.randomUUID()}`
  const admin = new pg.Client(server.toString())
  await admin.connect()
  await admin.query(`CREATE DATABASE "${database}"`)
  const url = new URL(server)
  url.pathname = `/${database}`
  try {
    const script = await diff(await open(7, url, undefined), null, from)
    const schema = { files: [{ path: 'schema.prisma', content: to }] }
    const engine = await open(7, url, [['schema.prisma', to]])
    const migrationFile = { path: 'migration.sql', content: { tag: 'ok', value: script } }
    const migrationsList = {
      baseDir: tmpdir(),
      lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
      shadowDbInitScript: '',
      migrationDirectories: [{ path: '1_from', migrationFile }],
    }
    await engine.applyMigrations({ migrationsList, filters })
    const db = new pg.Client(url.toString())
    await db.connect()
    await db.query(data)
    await db.end()
    await engine.devDiagnostic({ migrationsList, filters }) // prepares the connection for what follows
    const dev = await engine.evaluateDataLoss({ migrationsList, schema, filters })
    // Without warnings it goes ahead, and may stumble.
    const pushing = (await open(7, url, [['schema.prisma', to]])).schemaPush({ force: false, schema, filters })
    const push = await pushing.catch(() => ({ warnings: [], unexecutable: [], fails: true }))
    return {
      dev: {
        warnings: dev.warnings.map(({ message, stepIndex }) => fact(message, stepIndex)),
        unexecutable: dev.unexecutableSteps.map(({ message, stepIndex }) => fact(message, stepIndex)),
      },
      push: {
        warnings: push.warnings.map((message) => fact(message)),
        unexecutable: push.unexecutable.map((message) => fact(message)),
        fails: push.fails,
      },
    }
  } catch (error) {
    throw new Error(`${name}: ${error.message ?? error}`)
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await admin.end()
  }
}

const path = new URL(`prisma-${VERSIONS[7]}.json`, fixtures)
const known = process.argv.includes('--missing') ? JSON.parse(readFileSync(path, 'utf8')) : {}
const answers = {}
for (const file of readdirSync(fixtures).filter((f) => f.endsWith('.case')).sort())
  for (const question of cases(readFileSync(new URL(file, fixtures), 'utf8'))) {
    const name = `${file.slice(0, -5)}::${question.name}`
    answers[name] = known[name] ?? (await ask(question))
  }
writeFileSync(path, JSON.stringify(answers, null, 1) + '\n')
process.exit()
