// Records what Prisma's own engine answers to the requests of ../fixtures/engine/*.case. Writes
// ../fixtures/engine/prisma-<version>.json: for each case the answers in order, results as they are but for texts for
// people, of errors the code. A request that the WebAssembly build cannot answer (it knows one protocol, that of its own
// version) is no request here.
//
// Usage: DATABASE_URL=postgresql://… node rpc.mjs
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { VERSIONS } from './engine.mjs'
import { ask, errorObject } from './prisma_engine.mjs'

const fixtures = new URL('../fixtures/engine/', import.meta.url)
const server = new URL(process.env.DATABASE_URL)
const at = (database) => Object.assign(new URL(server), { pathname: `/${database}` }).toString()

async function sql(url, text) {
  const db = new pg.Client(url)
  await db.connect()
  try {
    await db.query(text)
  } finally {
    await db.end()
  }
}

const sections = (text) =>
  [...text.matchAll(/^-- (.+) --\n((?:(?!^-- .+ --$).*\n)*)/gm)].map(([, title, body]) => ({ title, body }))

/** The other files' rules: Prisma 7 takes URLs from elsewhere. */
const forMajor = (major, text) => (major === 6 ? text : text.replace(/^ *url *=.*\n/gm, ''))

function migrations(folder) {
  const root = join(folder, 'migrations')
  const lock = join(root, 'migration_lock.toml')
  const names = existsSync(root) ? readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory()).sort() : []
  const file = (name) => join(root, name, 'migration.sql')
  const content = (name) =>
    existsSync(file(name)) ? { tag: 'ok', value: readFileSync(file(name), 'utf8') } : { tag: 'error', value: 'missing' }
  return {
    baseDir: root,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.map((path) => ({ path, migrationFile: { path: 'migration.sql', content: content(path) } })),
  }
}

function filled(value, stage) {
  if (Array.isArray(value)) return value.map((one) => filled(one, stage))
  if (value && typeof value === 'object') {
    return Object.entries(value).reduce((all, [name, one]) => {
      const put = filled(one, stage)
      return name === '...' ? { ...all, ...put } : { ...all, [name]: put }
    }, {})
  }
  if (value === '<migrations>') return migrations(stage.folder)
  if (typeof value !== 'string') return value
  if (/^<.*\.prisma>$/.test(value)) {
    const file = (name) => ({ path: join(stage.folder, name), content: readFileSync(join(stage.folder, name), 'utf8') })
    return { files: value.slice(1, -1).split(' ').map(file) }
  }
  return value.replaceAll('<url>', at(stage.database)).replaceAll('<missing>', at(`${stage.database}_new`)).replaceAll('<folder>', stage.folder)
}

function wordless(value) {
  if (Array.isArray(value)) return value.map(wordless)
  if (!value || typeof value !== 'object') return value
  const entry = ([name, one]) => {
    if (['reason', 'message'].includes(name) && typeof one === 'string') return '<text>'
    if (name === 'warnings' && typeof one === 'string') return '<text>'
    if (['warnings', 'unexecutable'].includes(name) && Array.isArray(one) && one.every((text) => typeof text === 'string')) return one.length
    if (name === 'migrationScript' && typeof one === 'string') return one.replace(/^\/\*\n  Warnings:[\s\S]*?\*\/\n/, '')
    return wordless(one)
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, entry([name, one])]))
}

const clean = (value, stage) =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(stage.folder, '<folder>')
      .replaceAll(`${stage.database}_new`, '<missing>')
      .replaceAll(stage.database, '<database>')
      .replace(/\b\d{14}/g, '<time>')
      .replace(/PostgreSQL \d[^"]* on [^"]*/g, 'PostgreSQL <version>'),
  )

/** What the WebAssembly build is not asked: it has other ways, or an older engine wrote the files itself. */
const unasked = (method, params) =>
  JSON.stringify(params).includes('migrationsDirectoryPath') ||
  (method === 'diff' && JSON.stringify(params).includes('"migrations"') && !params.shadowDatabaseUrl) ||
  ['createDatabase', 'listMigrationDirectories', 'dbExecute', 'ensureConnectionValidity'].includes(method)

for (const major of [6, 7]) {
  const recorded = {}
  for (const name of readdirSync(fixtures).filter((name) => name.endsWith('.case')).sort()) {
    if (['older_protocol.case', 'rolled_back_in_7.case'].includes(name) && (major === 6 || name.startsWith('older'))) continue
    const stage = { folder: mkdtempSync(join(tmpdir(), 'evt-rpc-')), database: `evt_rpc_${major}_${name.split('.')[0]}` }
    const drop = async () => {
      for (const one of [stage.database, `${stage.database}_new`]) await sql(at('postgres'), `DROP DATABASE IF EXISTS "${one}" WITH (FORCE)`)
    }
    await drop()
    await sql(at('postgres'), `CREATE DATABASE "${stage.database}"`)
    const answers = []
    let files
    for (const { title, body } of sections(readFileSync(new URL(name, fixtures), 'utf8'))) {
      const [, method] = title.match(/^> (.*)/) ?? []
      if (title === 'sql') await sql(at(stage.database), body)
      else if (method) {
        files ??= readdirSync(stage.folder).filter((one) => /^schema.*\.prisma$/.test(one)).sort().map((one) => [join(stage.folder, one), readFileSync(join(stage.folder, one), 'utf8')])
        const text = body.split('\n\n')[0].trim()
        const params = text ? filled(JSON.parse(text), stage) : method === 'reset' ? { filter: { externalTables: [], externalEnums: [] } } : {}
        if (params.migrationsList) params.filters ??= { externalTables: [], externalEnums: [] }
        if (unasked(method, params)) {
          answers.push(null)
          if (method === 'createDatabase') await sql(at('postgres'), `CREATE DATABASE "${stage.database}_new"`).catch(() => {})
          if (method === 'dbExecute') await sql(at(stage.database), params.script).catch(() => {})
          continue
        }
        const answer = await new Promise((resolve) => {
          const broken = (error) => resolve({ error: errorObject(error, method).data.error_code ?? null })
          process.once('uncaughtException', broken)
          ask(major, at(stage.database), files, method, params).then((result) => resolve({ result }), broken)
        })
        process.removeAllListeners('uncaughtException')
        if (method === 'diff' && answer.result) delete answer.result.stdout
        answers.push(clean(wordless(answer), stage))
      } else if (!['$ sql', 'arguments'].includes(title) && !title.startsWith('deviation')) {
        const path = join(stage.folder, title)
        if (body === 'removed\n') rmSync(path)
        else {
          mkdirSync(dirname(path), { recursive: true })
          writeFileSync(path, title.endsWith('.prisma') ? forMajor(major, body) : body)
        }
      }
    }
    recorded[name.replace('.case', '')] = answers
    await drop()
    rmSync(stage.folder, { recursive: true })
  }
  writeFileSync(new URL(`prisma-${VERSIONS[major]}.json`, fixtures), JSON.stringify(recorded, null, 1) + '\n')
}
process.exit()
