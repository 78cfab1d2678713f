#!/usr/bin/env node
// Records on which lines Prisma finds errors and warnings, so that tests need no Node.js:
//   tests/fixtures/validate/prisma-6.19.3-7.10.1.txt   for each case of tests/fixtures/validate/*.case
//   tests/fixtures/validate/corpus.txt                 for each schema below ../shared/corpus, if that is there
//
// Usage: npm install --ignore-scripts && node validate.mjs [--cases | --corpus]
// No server is needed. The format of the cases is described in tests/it/validate.rs.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cases, corpus, rules } from './cases.mjs'

const require = createRequire(import.meta.url)
const engines = new Map()
const fixtures = new URL('../fixtures/validate/', import.meta.url)

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

function recordCases() {
  const out = [...cases()].map(({ name, files }) => `${name}\t${verdict(files)}\n`).join('')
  writeFileSync(new URL('prisma-6.19.3-7.10.1.txt', fixtures), out)
}

function recordCorpus() {
  const schemas = [...corpus()]
  if (!schemas.length) return
  const out = schemas.map(({ name, files }) => `${name}\t${verdict(files)}\n`).join('')
  writeFileSync(new URL('corpus.txt', fixtures), out)
}

const only = process.argv[2]
if (only !== '--corpus') recordCases()
if (only !== '--cases') recordCorpus()
