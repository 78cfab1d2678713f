// Records the schemas that Prisma writes for databases.
// Reads ../fixtures/introspect/*.case (no schema of before) and ../fixtures/pull/*.case (with one); writes
// ../fixtures/pull/prisma-<version>.txt. Of the notices above blocks only the links are kept. A case that the server
// cannot run, or that Prisma refuses, is recorded as such.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { VERSIONS, open } from './engine.mjs'

const root = new URL('../fixtures', import.meta.url).pathname
const server = new URL(process.env.DATABASE_URL)

/** `=== name  word=value` and sections `-- name --`. */
function cases(folder) {
  const found = []
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.case')).sort()) {
    const topic = file.replace('.case', '')
    for (const text of readFileSync(join(root, folder, file), 'utf8').split('=== ').slice(1)) {
      const [heading, ...lines] = text.split('\n')
      const sections = {}
      let section
      for (const line of lines) {
        const start = line.match(/^-- ([a-z.]+) --$/)
        if (start) sections[(section = start[1])] = []
        else sections[section]?.push(line)
      }
      const name = `${topic}::${heading.split('  ')[0].trim()}`
      found.push({ name, ...Object.fromEntries(Object.entries(sections).map(([key, all]) => [key, all.join('\n').trim()])) })
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

async function pull(url, { sql, scope, 'before.prisma': before }) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql ?? '')
  } catch (error) {
    return 'not on this server'
  } finally {
    await client.end()
  }
  const files = [['schema.prisma', before || configuration(scope?.split('\n'))]]
  const engine = await open(7, url, files)
  try {
    const answer = await engine.introspect({
      schema: { files: files.map(([path, content]) => ({ path, content })) },
      baseDirectoryPath: '/',
      force: false,
      compositeTypeDepth: -1,
      namespaces: null,
    })
    return withoutWording(answer.schema.files.map((file) => file.content).join('\n'))
  } catch (error) {
    return `error ${String(error.message ?? error).match(/P\d{4}/)?.[0] ?? '-'}`
  }
}

// A case on which the engine breaks down must not take the others with it: each has a process of its own.
const [what] = process.argv.slice(2) // a topic, to record only that one
const all = [...cases('introspect'), ...cases('pull')]
const one = all.findIndex(({ name }) => name === what)
if (one >= 0) {
  process.stdout.write(await withDatabase(one, (url) => pull(url, all[one])))
  process.exit()
}
const path = join(root, `pull/prisma-${VERSIONS[7]}.txt`)
const known = new Map(
  (existsSync(path) ? readFileSync(path, 'utf8') : '').split('=== ').slice(1).map((text) => {
    const [name, ...lines] = text.split('\n')
    return [name, lines.join('\n').trim()]
  }),
)
const out = all.map(({ name }) => {
  if (what && !name.startsWith(`${what}::`) && known.has(name)) return `=== ${name}\n${known.get(name)}\n`
  const { status, stdout } = spawnSync(process.execPath, [process.argv[1], name], { encoding: 'utf8' })
  return `=== ${name}\n${status === 0 ? stdout.trim() : 'breakdown'}\n`
})
writeFileSync(path, out.join('\n'))
