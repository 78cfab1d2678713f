// Records what Prisma's engine answers to the questions of tests/fixtures/diff, so that tests need no Node.js:
//   prisma-7.10.1.json  script and summary for each case of *.case, and of live/*.case, whose databases are made for it
//   corpus.sha256       checksums for neighbouring versions of the schemas below ../shared/corpus, if that is there
//
// Usage: DATABASE_URL=postgresql://… node diff.mjs [--cases | --corpus] [--missing]
//        --missing: of the cases only those that are not recorded yet
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import pg from 'pg'
import { VERSIONS, diff, open, rulesOf } from './engine.mjs'

const fixtures = new URL('../fixtures/diff/', import.meta.url)
const corpus = new URL('../../../shared/corpus/', import.meta.url)
const url = process.env.DATABASE_URL
const engines = {}
const engine = async (major) => (engines[major] ??= await open(major, url))

const DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
const complete = (text) => (text == null || text.includes('datasource ') ? text : DATASOURCE + text)

function cases(text) {
  const sections =
    /^-- (deviation|not live|not as made directly|external|from\.sql|from\.prisma|to\.prisma|migration\.sql|summary|findings) --\n/m
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf('\n')
      const parts = block.slice(end + 1).split(sections)
      const body = (name) => (parts.includes(name) ? parts[parts.indexOf(name) + 1] : undefined)
      return {
        name: block.slice(0, end),
        sql: body('from.sql'),
        external: body('external') ?? '',
        from: complete(body('from.prisma')),
        to: complete(body('to.prisma')),
      }
    })
}

const casesIn = (folder) =>
  readdirSync(folder)
    .filter((f) => f.endsWith('.case'))
    .sort()
    .flatMap((file) => cases(readFileSync(new URL(file, folder), 'utf8')).map((one) => [file.slice(0, -5), one]))

async function recordCases() {
  const path = new URL(`prisma-${VERSIONS[7]}.json`, fixtures)
  const known = process.argv.includes('--missing') ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const answers = {}
  for (const [topic, one] of casesIn(fixtures)) {
    const name = `${topic}::${one.name}`
    answers[name] = known[name] ?? (await betweenSchemas(one))
  }
  for (const [, one] of casesIn(new URL('live/', fixtures))) {
    const name = `database::${one.name}`
    answers[name] = known[name] ?? (await fromDatabase(one))
  }
  writeFileSync(path, JSON.stringify(answers, null, 1) + '\n')
}

async function betweenSchemas({ from, to }) {
  const prisma = await engine(7)
  const script = withoutRemarks(await diff(prisma, from, to))
  return { script, summary: await diff(prisma, from, to, { summary: true }) }
}

// What leads from a database that the script makes to the schema.
async function fromDatabase({ sql, external, to }) {
  const database = `evt_record_${crypto.randomUUID()}`
  const admin = new pg.Client(url)
  await admin.connect()
  await admin.query(`CREATE DATABASE "${database}"`)
  const itsUrl = new URL(url)
  itsUrl.pathname = `/${database}`
  try {
    const db = new pg.Client(itsUrl.toString())
    await db.connect()
    await db.query(sql ?? '')
    await db.end()
    const files = [{ path: 'schema.prisma', content: to ?? DATASOURCE }]
    const listed = (kind) => external.split('\n').filter((l) => l.startsWith(`${kind} `)).map((l) => l.slice(kind.length + 1))
    const ask = async (script) => {
      const prisma = await open(7, itsUrl, [['schema.prisma', files[0].content]])
      const answer = await prisma.diff({
        from: { tag: 'schemaDatasource', configDir: tmpdir(), files },
        to: to == null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files },
        script,
        exitCode: null,
        shadowDatabaseUrl: null,
        filters: { externalTables: listed('table'), externalEnums: listed('enum') },
      })
      return answer.stdout
    }
    return { script: withoutRemarks(await ask(true)), summary: await ask(false) }
  } catch (error) {
    return { error: String(error.message ?? error).split('\n').filter(Boolean)[0] }
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await admin.end()
  }
}

// Only facts are compared: the remark on several values of an enum has words of its own on each side.
const withoutRemarks = (script) => script.replace(/(-- AlterEnum\n)(-- .*\n)+/g, '$1')
const comparableScript = (script) => withoutRemarks(script).replace(/\n$/, '')
const comparableSummary = (summary) =>
  summary
    .split('\n')
    .filter((line) => !['', ')', '`'].includes(line))
    .map((line) => line.replace(/default changed from .*?(?=, type changed|, column |\)$)/, 'default changed'))
    .join('\n')
const checksum = (text) => createHash('sha256').update(text).digest('hex')

async function recordCorpus() {
  const lines = []
  for (const project of readdirSync(corpus).sort()) {
    const folder = new URL(`${project}/schemas/`, corpus)
    if (!existsSync(folder)) continue
    const names = readdirSync(folder).filter((f) => f.endsWith('.prisma')).sort()
    const texts = Object.fromEntries(names.map((n) => [n, readFileSync(new URL(n, folder), 'utf8')]))
    const pairs = names.flatMap((n, i) => [['empty', n], [n, 'empty'], ...(i ? [[names[i - 1], n], [n, names[i - 1]]] : [])])
    for (const pair of pairs) {
      const [from, to] = pair.map((n) => (n === 'empty' ? null : texts[n]))
      const prisma = await engine(rulesOf(...[from, to].filter(Boolean)))
      try {
        const script = comparableScript(await diff(prisma, from, to))
        const summary = comparableSummary(await diff(prisma, from, to, { summary: true }))
        lines.push([project, ...pair, checksum(script), checksum(summary)].join(' '))
      } catch {
        // A schema that this version refuses.
      }
    }
  }
  writeFileSync(new URL('corpus.sha256', fixtures), lines.join('\n') + '\n')
}

if (!process.argv.includes('--corpus')) await recordCases()
if (!process.argv.includes('--cases') && existsSync(corpus)) await recordCorpus()
process.exit()
