#!/usr/bin/env node
// Records what Prisma's own engine answers to the questions of tests/fixtures/diff, so that tests need no Node.js:
//   prisma-7.10.1.json  script and summary for each case of *.case
//   corpus.sha256       checksums for neighbouring versions of the schemas below ../shared/corpus, if that is there
//
// Usage: npm install --ignore-scripts && DATABASE_URL=postgresql://… node diff.mjs [--cases | --corpus]
// The engine insists on a reachable server, although it is not asked anything.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { open } from './engine.mjs'

const fixtures = new URL('../fixtures/diff/', import.meta.url)
const corpus = new URL('../../../shared/corpus/', import.meta.url)
const filters = { externalTables: [], externalEnums: [] }
const engines = {}

async function ask(major, from, to, script) {
  engines[major] ??= await open(major, process.env.DATABASE_URL)
  const side = (text) =>
    text == null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: text }] }
  const question = { from: side(from), to: side(to), script, exitCode: null, shadowDatabaseUrl: null, filters }
  return (await engines[major].diff(question)).stdout
}

const complete = (text) =>
  text == null || text.includes('datasource ') ? text : `datasource db {\n  provider = "postgresql"\n}\n${text}`

function cases(text) {
  const list = []
  for (const block of text.split(/^=== /m).slice(1)) {
    const end = block.indexOf('\n')
    const parts = block.slice(end + 1).split(/^-- (deviation|not live|from\.prisma|to\.prisma|migration\.sql|summary|findings) --\n/m)
    const sections = {}
    for (let i = 1; i < parts.length; i += 2) sections[parts[i]] = parts[i + 1]
    list.push({ name: block.slice(0, end), from: sections['from.prisma'], to: sections['to.prisma'] })
  }
  return list
}

async function recordCases() {
  const answers = {}
  for (const file of readdirSync(fixtures).filter((f) => f.endsWith('.case')).sort())
    for (const { name, from, to } of cases(readFileSync(new URL(file, fixtures), 'utf8'))) {
      const sides = [complete(from), complete(to)]
      try {
        answers[`${file.slice(0, -5)}::${name}`] = { script: withoutRemarks(await ask(7, ...sides, true)), summary: await ask(7, ...sides, false) }
      } catch (error) {
        console.error(`${file} ${name}: ${error.message}`)
        process.exitCode = 1
      }
    }
  writeFileSync(new URL('prisma-7.10.1.json', fixtures), JSON.stringify(answers, null, 1) + '\n')
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
    for (const [from, to] of pairs) {
      const sides = [from, to].map((n) => (n === 'empty' ? null : texts[n]))
      const major = sides.some((text) => text && /^\s*url\s*=/m.test(text)) ? 6 : 7
      try {
        const script = await ask(major, ...sides, true)
        const summary = await ask(major, ...sides, false)
        lines.push([project, from, to, checksum(comparableScript(script)), checksum(comparableSummary(summary))].join(' '))
      } catch {
        // A schema that this version refuses.
      }
    }
  }
  writeFileSync(new URL('corpus.sha256', fixtures), lines.join('\n') + '\n')
}

if (!process.argv.includes('--corpus')) await recordCases()
if (!process.argv.includes('--cases') && existsSync(corpus)) await recordCorpus()
process.exit(process.exitCode)
