// Records the schemas that Prisma writes for databases.
// Reads ../fixtures/introspect/*.case (no schema of before) and ../fixtures/pull/*.case (with one in sections ending in
// `.prisma`, or without); writes ../fixtures/pull/prisma-<version>.txt. Of the notices above blocks only the links are
// kept. A case that the server cannot run, or that Prisma refuses, is recorded as such.
// The histories below ../shared/corpus, if that is there, are deployed with psql; of what Prisma writes for the
// databases only checksums are kept, in ../fixtures/pull/corpus.sha256.
//
// Usage: DATABASE_URL=postgresql://… node pull.mjs            everything
//        … node pull.mjs again                               the cases of one topic
//        … node pull.mjs again::views                        prints the answer to one case
//        … node pull.mjs --corpus [umami 3 fresh]             the histories, or prints one of them
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { VERSIONS, open } from './engine.mjs'

const root = new URL('../fixtures', import.meta.url).pathname
const corpus = new URL('../../../shared/corpus', import.meta.url).pathname
const server = new URL(process.env.DATABASE_URL)

/** `=== name  word=value` and sections `-- name --`. */
function cases(folder) {
  const found = []
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.case')).sort()) {
    const topic = file.replace('.case', '')
    for (const text of readFileSync(join(root, folder, file), 'utf8').split(/^=== /m).slice(1)) {
      const [heading, ...lines] = text.split('\n')
      const [title, ...words] = heading.split('  ').map((word) => word.trim())
      const sections = {}
      let section
      for (const line of lines) {
        const start = line.match(/^-- ([A-Za-z0-9_./]+) --$/)
        if (start) sections[(section = start[1])] = []
        else sections[section]?.push(line)
      }
      const texts = Object.entries(sections).map(([key, all]) => [key, all.join('\n').trim()])
      const files = texts.filter(([key]) => key.endsWith('.prisma'))
      found.push({
        name: `${topic}::${title}`,
        ...Object.fromEntries(words.map((word) => word.split('='))),
        ...Object.fromEntries(texts),
        files: files.map(([key, content]) => [key === 'before.prisma' ? 'schema.prisma' : key, content + '\n']),
      })
    }
  }
  return found
}

const configuration = (namespaces) => `generator client {
  provider = "prisma-client"
  output   = "client"
}

datasource db {
  provider = "postgresql"${namespaces ? `\n  schemas  = [${namespaces.map((name) => JSON.stringify(name)).join(', ')}]` : ''}
}
`

const withoutWording = (text) =>
  text.replace(/^( *)\/\/\/ .*?(?:pris\.ly\/d\/([a-z-]+).*)?$/gm, (line, indent, link) =>
    /^ *\/\/\/ (doc|Doc)/.test(line) ? line : `${indent}/// ${link ?? '-'}`,
  )

async function withDatabase(number, work) {
  const admin = new pg.Client({ connectionString: server.href })
  await admin.connect()
  const name = `evt_record_pull_${process.ppid}_${number}`
  await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
  await admin.query(`CREATE DATABASE "${name}" TEMPLATE template0`)
  const url = new URL(server)
  url.pathname = `/${name}`
  try {
    return await work(url.href)
  } finally {
    await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`)
    await admin.end()
  }
}

/** What the engine writes over these files. */
async function introspected(url, files, { force = false, namespaces = null } = {}) {
  const engine = await open(7, url, files)
  try {
    const answer = await engine.introspect({
      schema: { files: files.map(([path, content]) => ({ path, content })) },
      baseDirectoryPath: files.length > 1 ? 'schema' : '/',
      force,
      compositeTypeDepth: -1,
      namespaces,
    })
    const written = answer.schema.files
    if (files.length < 2) return withoutWording(written.map((file) => file.content).join('\n'))
    const sorted = written.sort((a, b) => (a.path < b.path ? -1 : 1))
    return withoutWording(sorted.map((file) => `>>> ${file.path}\n${file.content}`).join('\n'))
  } catch (error) {
    return `error ${String(error.message ?? error).match(/P\d{4}/)?.[0] ?? '-'}`
  }
}

async function pull(url, { sql, scope, files, force, schemas }) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql ?? '')
  } catch (error) {
    return 'not on this server'
  } finally {
    await client.end()
  }
  const known = files.length ? files : [['schema.prisma', configuration(scope?.split('\n'))]]
  return introspected(url, known, { force: force === 'yes', namespaces: schemas?.split(',') ?? null })
}

/** Deploys the first migrations of a project, and has them written down: into an empty schema or over its newest one. */
async function history(url, project, count, over) {
  const migrations = readdirSync(join(corpus, project, 'migrations')).filter((name) => /^\d/.test(name)).sort()
  for (const name of migrations.slice(0, count)) {
    const file = join(corpus, project, 'migrations', name, 'migration.sql')
    const { status, stderr } = spawnSync('psql', [url, '-qX', '-v', 'ON_ERROR_STOP=1', '-f', file], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${name}: ${stderr}`)
  }
  const newest = readdirSync(join(corpus, project, 'schemas')).sort().pop()
  const before = readFileSync(join(corpus, project, 'schemas', newest), 'utf8')
  // Prisma 7 does not know the URLs of a datasource, and comments and blank lines are kept by evt only.
  const text = before
    .replace(/^ *(url|directUrl|shadowDatabaseUrl) *=.*\n/gm, '')
    .replace(/^ *\/\/(?!\/).*\n/gm, '')
    .replace(/ +\/\/(?!\/)[^"\n]*$/gm, '')
    .replace(/\n\n+(?= )/g, '\n')
  return introspected(url, [['schema.prisma', over === 'fresh' ? configuration() : text]])
}

/** After every tenth migration and after the last one. */
function states() {
  const found = []
  for (const project of readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'migrations'))).sort()) {
    const count = readdirSync(join(corpus, project, 'migrations')).filter((name) => /^\d/.test(name)).length
    for (let at = 10; at < count; at += 10) found.push([project, at, 'fresh'])
    found.push([project, count, 'fresh'], [project, count, 'over'])
  }
  return found
}

const [what, ...which] = process.argv.slice(2)
if (what === '--corpus' && which.length) {
  process.stdout.write(await withDatabase('history', (url) => history(url, which[0], Number(which[1]), which[2])))
  process.exit()
}
if ((!what || what === '--corpus') && existsSync(corpus)) {
  const lines = ['# What Prisma writes after some migrations of real histories, as checksums: tests/oracle/pull.mjs.']
  for (const [project, count, over] of states()) {
    const text = await withDatabase('history', (url) => history(url, project, count, over))
    lines.push(`${project} ${count} ${over} ${createHash('sha256').update(text.trim()).digest('hex')}`)
  }
  writeFileSync(join(root, 'pull/corpus.sha256'), lines.join('\n') + '\n')
  if (what) process.exit()
}

const all = [...cases('introspect'), ...cases('pull')]
const one = all.findIndex(({ name }) => name === what)
if (one >= 0) {
  process.stdout.write(await withDatabase(one, (url) => pull(url, all[one])))
  process.exit()
}
if (what === '--these') {
  for (const name of which) {
    const number = all.findIndex((one) => one.name === name)
    const answer = await withDatabase(number, (url) => pull(url, all[number]))
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  process.exit()
}

/** The answers to these cases. One on which the engine breaks down must not take the others with it. */
function answers(names) {
  const found = new Map()
  let rest = names
  while (rest.length) {
    const { stdout } = spawnSync(process.execPath, [process.argv[1], '--these', ...rest], { encoding: 'utf8' })
    const lines = stdout.split('\n').filter(Boolean)
    lines.forEach((line, position) => found.set(rest[position], JSON.parse(line).trim()))
    if (lines.length < rest.length) found.set(rest[lines.length], 'breakdown')
    rest = rest.slice(lines.length + 1)
  }
  return found
}

const path = join(root, `pull/prisma-${VERSIONS[7]}.txt`)
const known = new Map(
  (existsSync(path) ? readFileSync(path, 'utf8') : '').split('=== ').slice(1).map((text) => {
    const [name, ...lines] = text.split('\n')
    return [name, lines.join('\n').trim()]
  }),
)
const wanted = all.map(({ name }) => name).filter((name) => !what || name.startsWith(`${what}::`) || !known.has(name))
const asked = answers(wanted)
const out = all.map(({ name }) => `=== ${name}\n${asked.get(name) ?? known.get(name)}\n`)
writeFileSync(path, out.join('\n'))
