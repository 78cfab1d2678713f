#!/usr/bin/env node
// Records on which lines Prisma finds errors and warnings, so that tests need no Node.js:
//   tests/fixtures/validate/prisma-6.19.3-7.10.1.txt   for each case of tests/fixtures/validate/*.case
//   tests/fixtures/validate/corpus.txt                 for each schema below ../shared/corpus, if that is there
//
// Usage: npm install --ignore-scripts && node validate.mjs [--cases | --corpus]
// No server is needed. The format of the cases is described in tests/it/validate.rs.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const engines = new Map()
const fixtures = new URL('../fixtures/validate/', import.meta.url)
const corpus = new URL('../../../shared/corpus/', import.meta.url)
const header = 'datasource db {\n  provider = "postgresql"\n'

// The engines read and check a schema that has a `url` by the rules of 6, others by those of 7.
function rules(files) {
  for (const [, text] of files) {
    let inside = false
    for (const line of text.split('\n')) {
      if (/^\s*datasource\b/.test(line)) inside = true
      else if (line.startsWith('}')) inside = false
      else if (inside && /^\s*url\s*=/.test(line)) return 6
    }
  }
  return 7
}

// Some inputs make the reference crash; it has to be loaded anew then.
function lint(major, files) {
  if (!engines.has(major)) engines.set(major, require(`prisma-schema-${major}`))
  try {
    return JSON.parse(engines.get(major).lint(JSON.stringify(files)))
  } catch {
    delete require.cache[require.resolve(`prisma-schema-${major}`)]
    engines.delete(major)
    return null
  }
}

function verdict(files) {
  const found = lint(rules(files), files)
  if (!found) return 'crash'
  const places = (isWarning) => {
    const set = new Map()
    for (const d of found.filter((d) => d.is_warning === isWarning)) {
      const text = files.find(([path]) => path === d.file_name)?.[1] ?? ''
      const line = text.slice(0, d.start).split('\n').length
      const name = files.length > 1 ? `${d.file_name}:${line}` : String(line)
      set.set(name, [files.findIndex(([path]) => path === d.file_name), line])
    }
    return [...set].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]).map(([name]) => name).join(',')
  }
  const [errors, warnings] = [places(false), places(true)]
  return [errors && `E ${errors}`, warnings && `W ${warnings}`].filter(Boolean).join(' ') || 'ok'
}

function expand(name, body) {
  const lines = body.split('\n')
  const insertions = lines.filter((line) => line.startsWith('>>> ')).map((line) => line.slice(4))
  const host = lines.filter((line) => !line.startsWith('>>> ')).join('\n')
  if (!insertions.length) return [[name, host]]
  return insertions.map((insertion) => {
    const parts = insertion.split(' || ').map((part) => part.replaceAll('\\n', '\n'))
    return [`${name}: ${insertion}`, host.split('$').reduce((text, rest, i) => text + (parts[i - 1] ?? '') + rest)]
  })
}

function files(text) {
  const parts = text.split(/^--- (.*)\n/m)
  const list = parts.length > 1 ? [] : [['schema.prisma', text]]
  for (let i = 1; i < parts.length; i += 2) list.push([parts[i], parts[i + 1]])
  return list
}

function variants(text) {
  if (text.startsWith('!no datasource\n')) return [['', text.slice(text.indexOf('\n') + 1)]]
  if (text.includes('datasource ')) return [['', text]]
  return [['6', `${header}  url      = "postgresql://localhost"\n}\n${text}`], ['7', `${header}}\n${text}`]]
}

function recordCases() {
  let out = ''
  for (const file of readdirSync(fixtures).filter((f) => f.endsWith('.case')).sort())
    for (const block of readFileSync(new URL(file, fixtures), 'utf8').split(/^=== /m).slice(1)) {
      const end = block.indexOf('\n')
      for (const [name, host] of expand(block.slice(0, end), block.slice(end + 1)))
        for (const [dialect, text] of variants(host))
          out += `${file.slice(0, -5)}/${name}${dialect && ` [${dialect}]`}\t${verdict(files(text))}\n`
    }
  writeFileSync(new URL('prisma-6.19.3-7.10.1.txt', fixtures), out)
}

function recordCorpus() {
  if (!existsSync(corpus)) return
  let out = ''
  for (const project of readdirSync(corpus, { withFileTypes: true }).filter((d) => d.isDirectory()).map((d) => d.name).sort())
    for (const file of readdirSync(new URL(`${project}/schemas/`, corpus)).sort()) {
      const text = readFileSync(new URL(`${project}/schemas/${file}`, corpus), 'utf8')
      out += `${project}/${file}\t${verdict([['schema.prisma', text]])}\n`
    }
  writeFileSync(new URL('corpus.txt', fixtures), out)
}

const only = process.argv[2]
if (only !== '--corpus') recordCases()
if (only !== '--cases') recordCorpus()
