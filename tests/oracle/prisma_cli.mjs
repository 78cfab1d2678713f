#!/usr/bin/env node
// Lets Prisma's own command line, 6.19.3 and 7.10.1, work with evt in the place of its schema engine, and the same steps
// with Prisma's own engine (`prisma_engine.mjs`). After each step the exit status, the files of the project, the rows of
// the history and everything in the database have to be equal, and be what the step expects.
//
// Usage: DATABASE_URL=postgresql://…/<any database> node prisma_cli.mjs <path of evt> [6|7]
// First `npm install --ignore-scripts` here. Installs Prisma into folders of its own, without running scripts and without
// engines. Makes and drops databases named `evt_cli_…`. Prints each step with its exit status, and what is different.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { VERSIONS } from './engine.mjs'
import { steps } from './prisma_cli_steps.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const evt = resolve(process.argv[2] ?? 'evt')
const majors = process.argv[3] ? [Number(process.argv[3])] : [6, 7]
const server = new URL(process.env.DATABASE_URL)
const at = (database) => Object.assign(new URL(server), { pathname: `/${database}` }).toString()

function install(major) {
  const folder = join(tmpdir(), `evt-prisma-cli-${VERSIONS[major]}`)
  if (!existsSync(join(folder, 'node_modules/prisma'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private": true}')
    const options = { cwd: folder, stdio: 'inherit' }
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `prisma@${VERSIONS[major]}`], options)
  }
  return join(folder, 'node_modules')
}

async function ask(database, sql) {
  const db = new pg.Client(at(database))
  await db.connect()
  try {
    const { rows } = await db.query({ text: sql, rowMode: 'array' })
    return (rows ?? []).map((row) => row.join(' | '))
  } finally {
    await db.end()
  }
}

const CATALOG = `
  SELECT 'table', n.nspname || '.' || c.relname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL SELECT 'column', a.attrelid::regclass || '.' || a.attname,
    format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_'
  UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL SELECT 'enum', t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY 2
  ORDER BY 1, 2, 3`

// What is kept of the text of an error is whether there is one: the words differ.
const HISTORY = `SELECT migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NOT NULL, applied_steps_count,
  CASE WHEN logs IS NULL THEN 'null' WHEN logs = '' THEN 'empty' ELSE 'text' END FROM _prisma_migrations ORDER BY started_at, id`

const timeless = (text) => text.replace(/\b\d{14}_/g, '<time>_')
// Facts are the same in other words, and the comments of a lock file are words.
const ourWords = (text) => text.replace(/^\/\*\n  Warnings:[\s\S]*?\*\/\n/, '/* warnings */\n').replace(/^#.*\n/gm, '')

function files(folder) {
  const found = {}
  const look = (below) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      if (entry.name === 'node_modules') continue
      if (entry.isDirectory()) look(path)
      else found[timeless(path)] = ourWords(readFileSync(join(folder, path), 'utf8'))
    }
  }
  look('')
  return found
}

/** A project, its databases and the engine that works for it. */
class Side {
  constructor(major, name, engine, modules) {
    Object.assign(this, { major, name, engine })
    this.folder = mkdtempSync(join(tmpdir(), `evt-cli-${name}-`))
    this.database = `evt_cli_${major}_${name}`
    this.shadow = `${this.database}_shadow`
    symlinkSync(modules, join(this.folder, 'node_modules'))
  }

  async start() {
    for (const name of [this.database, this.shadow]) await ask('postgres', `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    await ask('postgres', `CREATE DATABASE "${this.shadow}"`)
  }

  async stop() {
    for (const name of [this.database, this.shadow]) await ask('postgres', `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    rmSync(this.folder, { recursive: true })
  }

  /** The full name of the migration that a step calls by its last part. */
  named(text) {
    const folder = join(this.folder, 'prisma/migrations')
    const names = existsSync(folder) ? readdirSync(folder) : []
    return text.replace(/<(\w+)>/g, (whole, name) => {
      if (name === 'url') return at(this.database)
      if (name === 'shadow') return at(this.shadow)
      return names.find((one) => one.endsWith(`_${name}`)) ?? whole
    })
  }

  async act(step) {
    for (const [path, text] of Object.entries(step.files ?? {})) {
      const file = join(this.folder, this.named(path))
      if (text === null) rmSync(file, { recursive: true, force: true })
      else {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, typeof text === 'function' ? text(readFileSync(file, 'utf8')) : text)
      }
    }
    if (step.sql) await ask(step.database === 'postgres' ? 'postgres' : this.database, step.sql)
    if (!step.run) return { status: null }
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: at(this.database),
      SHADOW_DATABASE_URL: at(this.shadow),
      PRISMA_SCHEMA_ENGINE_BINARY: this.engine,
      PRISMA_QUERY_ENGINE_LIBRARY: this.engine,
      PRISMA_ENGINES_CHECKSUM_IGNORE_MISSING: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
      NO_COLOR: '1',
      ...step.env,
    }
    const options = { cwd: this.folder, env, input: step.input ?? '', encoding: 'utf8' }
    const { status, stdout, stderr } = spawnSync('node', ['node_modules/prisma/build/index.js', ...step.run.map((word) => this.named(word))], options)
    return { status, stdout, stderr }
  }

  async state() {
    const missing = () => ['there is none']
    return {
      files: files(this.folder),
      history: (await ask(this.database, HISTORY).catch(missing)).map(timeless),
      catalog: await ask(this.database, CATALOG).catch(missing),
    }
  }
}

function wrapper(major, target) {
  const path = join(mkdtempSync(join(tmpdir(), 'evt-engine-')), 'engine.sh')
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(here, 'prisma_engine.mjs')}' ${major} "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

/** Where two values differ, as lines. */
function differences(path, a, b) {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  if (a && b && typeof a === 'object' && typeof b === 'object' && !Array.isArray(a)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => differences(`${path}/${key}`, a[key], b[key]))
  }
  return [`${path}\n      evt    ${JSON.stringify(a)}\n      Prisma ${JSON.stringify(b)}`]
}

let wrong = 0
let done = 0
for (const major of majors) {
  const modules = install(major)
  const sides = [new Side(major, 'evt', evt, modules), new Side(major, 'prisma', wrapper(major), modules)]
  for (const side of sides) await side.start()
  console.log(`\nPrisma ${VERSIONS[major]}`)
  for (const step of steps(major)) {
    const outcomes = []
    for (const side of sides) outcomes.push([await side.act(step), await side.state()])
    const [[ours, state], [theirs, reference]] = outcomes
    const problems = []
    if (step.run) {
      if (ours.status !== theirs.status) problems.push(`exit status: evt ${ours.status}, Prisma ${theirs.status}`)
      if (ours.status !== step.status) problems.push(`exit status ${ours.status}, expected ${step.status}`)
      const said = ours.stdout + ours.stderr
      for (const pattern of [step.says ?? []].flat()) if (!said.includes(sides[0].named(pattern))) problems.push(`does not say: ${pattern}`)
      const clean = (side, text) => timeless(text.replaceAll(side.database, '<database>'))
      if (step.same) problems.push(...differences('stdout', clean(sides[0], ours.stdout), clean(sides[1], theirs.stdout)))
    }
    problems.push(...differences('', state, reference))
    const line = step.run ? `prisma ${step.run.join(' ')}` : step.sql ? `sql: ${step.sql}` : `write ${Object.keys(step.files)}`
    const mark = problems.length ? '✗' : '✓'
    console.log(`${mark} ${line.slice(0, 100).padEnd(100)} ${step.run ? `exit ${ours.status}` : ''}`)
    if (step.why) console.log(`    ${step.why}`)
    for (const problem of problems) console.log(`    ${problem}`)
    if (problems.length && step.run) console.log([ours.stdout, ours.stderr, '--- Prisma', theirs.stdout, theirs.stderr].join('\n').replace(/^/gm, '    | '))
    wrong += problems.length ? 1 : 0
    done += step.run ? 1 : 0
  }
  for (const side of sides) await side.stop()
}
console.log(`\n${done} commands of Prisma, ${wrong ? `${wrong} steps with differences` : 'all as expected and as with its own engine'}.`)
process.exit(wrong ? 1 : 0)
