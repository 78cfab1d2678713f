#!/usr/bin/env node
// Prisma's own engine behind the command line and the protocol of its binary, which npm does not carry: the WebAssembly
// build does the work, and this translates. `prisma_cli.mjs` and `rpc.mjs` compare evt with it.
//
// Usage: node prisma_engine.mjs <6|7> <arguments of the schema engine>
//
// What the WebAssembly build lacks: facts of errors (`meta`), the code P3018, questions to show a text (`print`) but
// for `diff`.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { open } from './engine.mjs'

/** The engine's answer to one request; throws what the engine throws. `files` are those of the start. */
export async function ask(major, url, files, method, params) {
  if (method === 'diff') return diff(major, url, params)
  if (method === 'dbExecute') return execute(params.datasourceType.url ?? url, params.script)
  if (method === 'getDatabaseVersion') return one(url, 'SELECT version()')
  if (method === 'ensureConnectionValidity') return connect(params.datasource.url ?? url).then((db) => db.end()).then(() => ({}))
  const key = `${major} ${url}`
  engines[key] ??= await open(major, url, files)
  const engine = engines[key]
  // The shadow database is only reached after this.
  if (['createMigration', 'evaluateDataLoss'].includes(method)) {
    await engine.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters })
  }
  const answer = await engine[method](params)
  return answer ?? null
}

// One for each database: it holds the lock until the end.
const engines = {}

async function diff(major, url, params) {
  const sides = [params.from, params.to]
  const named = sides.find((side) => side.tag === 'url')?.url
  const migrations = sides.find((side) => side.tag === 'migrations')
  const engine = await open(major, named ?? url)
  const filters = params.filters ?? { externalTables: [], externalEnums: [] }
  if (migrations) await engine.devDiagnostic({ migrationsList: migrations, filters })
  const text = 'datasource db {\n  provider = "postgresql"\n' + (major === 6 ? '  url = "postgresql://"\n' : '') + '}\n'
  const live = { tag: 'schemaDatasource', configDir: process.cwd(), files: [{ path: 'schema.prisma', content: text }] }
  const side = (one) => (one.tag === 'url' ? live : one)
  return engine.diff({ ...params, filters, from: side(params.from), to: side(params.to) })
}

async function connect(url) {
  const target = new URL(url)
  target.searchParams.delete('schema')
  const db = new pg.Client(target.toString())
  try {
    await db.connect()
  } catch (error) {
    throw Object.assign(error, { code: { '3D000': 'P1003', '28P01': 'P1000', '28000': 'P1010' }[error.code] ?? 'P1001' })
  }
  return db
}

async function execute(url, script) {
  const db = await connect(url)
  try {
    await db.query(script)
  } catch (error) {
    throw Object.assign(new Error(error.message), { server: error.code })
  } finally {
    await db.end()
  }
  return null
}

async function one(url, sql) {
  const db = await connect(url)
  const { rows } = await db.query({ text: sql, rowMode: 'array' })
  await db.end()
  return rows[0][0]
}

async function create(url) {
  const beside = new URL(url)
  beside.pathname = '/postgres'
  await execute(beside.toString(), `CREATE DATABASE "${new URL(url).pathname.slice(1)}"`)
}

/** An error as the binary answers it. */
export function errorObject(error, method) {
  // The build for JavaScript has no code for a script that the server refuses.
  const code = error.code ?? (method === 'applyMigrations' ? 'P3018' : undefined)
  const data = { is_panic: false, message: error.message, meta: null }
  if (code) data.error_code = code
  return { code: 4466, message: 'An error happened. Check the data field for details.', data }
}

/** Where an error leaves this process: the panics of the engine come from the side. */
function whateverComes(work) {
  return new Promise((resolve, reject) => {
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', reject)
    work().then(resolve, reject)
  })
}

const log = (level, target, fields) =>
  process.stderr.write(JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target }) + '\n')

async function main() {
  const major = Number(process.argv[2])
  const argv = process.argv.slice(3)
  if (argv.includes('--version')) return console.log('schema-engine-cli WebAssembly')
  const values = (name) => argv.flatMap((word, at) => (argv[at - 1] === name ? [word] : []))
  const files = values('--datamodels').map((path) => [path, readFileSync(path, 'utf8')])
  const given = values('--datasource')[0]
  const datasource = given?.startsWith('{') ? JSON.parse(given) : { url: given }
  const url = datasource.url ?? process.env.DATABASE_URL
  const command = argv.at(-1)
  if (argv.includes('cli')) {
    log('INFO', 'schema_engine', { message: 'Starting schema engine CLI', git_hash: '' })
    try {
      if (command === 'create-database') await create(url)
      else await (await connect(url)).end()
      return log('INFO', 'schema_engine', { message: 'done' })
    } catch (error) {
      log('ERROR', 'schema_engine::logger', { is_panic: false, error_code: error.code ?? '', message: error.message })
      process.exitCode = 1
      return
    }
  }
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line)
    if (!method) continue
    try {
      const result = await whateverComes(() => ask(major, url, files, method, params ?? {}))
      if (method === 'diff' && result.stdout != null) {
        say({ method: 'print', params: { content: result.stdout.replace(/\n$/, '') }, id: 0 })
      }
      say({ result, id })
    } catch (error) {
      say({ error: errorObject(error, method), id })
    }
  }
  process.exit()
}

if (process.argv[1]?.endsWith('prisma_engine.mjs')) await main()
