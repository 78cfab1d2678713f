// Compares evt's differences between random schemas with those of Prisma's engine. Where the two differ on purpose
// (see `explanations`), the pair counts as explained; every other disagreement is printed.
//
// Usage: cargo build --example diff_pairs
//        DATABASE_URL=postgresql://… node diff_random.mjs <path to the example> [pairs] [first seed]
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { diff, open } from './engine.mjs'

const [program, count = '1000', first = '0'] = process.argv.slice(2)
const show = Number(process.env.SHOW ?? 10)
const prisma = await open(7, process.env.DATABASE_URL)

const withoutRemarks = (script) => script.replace(/(-- AlterEnum\n)(-- .*\n)+/g, '$1')
const comparableSummary = (summary) =>
  summary
    .split('\n')
    .filter((line) => !['', ')', '`'].includes(line))
    .map((line) => line.replace(/default changed from .*?(?=, type changed|, column |\)$)/, 'default changed'))
    .join('\n')

const blocks = (script) => script.trimEnd().split('\n\n-- ').map((b, i) => (i ? '-- ' + b : b))

const children = spawn(program, [count, first], { stdio: ['ignore', 'pipe', 'inherit'] })
const tally = { same: 0, explained: {}, refused: 0, wrong: 0, steps: {} }
for await (const line of createInterface({ input: children.stdout })) {
  const pair = JSON.parse(line)
  let script, summary
  try {
    script = withoutRemarks(await diff(prisma, pair.from, pair.to))
    summary = await diff(prisma, pair.from, pair.to, { summary: true })
  } catch (error) {
    tally.refused++
    if (tally.refused <= 3) console.log(`seed ${pair.seed}: Prisma refuses: ${String(error.message ?? error).slice(0, 400)}`)
    continue
  }
  const ours = withoutRemarks(pair.script)
  for (const block of blocks(script)) {
    const kind = block.split('\n')[0].slice(3)
    tally.steps[kind] = (tally.steps[kind] ?? 0) + 1
  }
  const sameScript = ours.trimEnd() === script.trimEnd()
  const sameSummary = comparableSummary(pair.summary) === comparableSummary(summary)
  if (sameScript && sameSummary) {
    tally.same++
    continue
  }
  const { explain } = await import('./diff_deviations.mjs')
  const reasons = explain({ ...pair, script: ours, summary: comparableSummary(pair.summary) }, { script, summary: comparableSummary(summary) })
  if (reasons) {
    for (const reason of reasons) tally.explained[reason] = (tally.explained[reason] ?? 0) + 1
    tally.explainedPairs = (tally.explainedPairs ?? 0) + 1
    continue
  }
  tally.wrong++
  if (tally.wrong <= show) {
    console.log(`=== seed ${pair.seed}${sameScript ? ' (summary only)' : ''}`)
    console.log(`-- from\n${pair.from}-- to\n${pair.to}-- Prisma\n${script}\n-- evt\n${ours}`)
    if (!sameSummary) console.log(`-- Prisma's summary\n${comparableSummary(summary)}\n-- evt's summary\n${comparableSummary(pair.summary)}`)
  }
}
console.log(JSON.stringify(tally, null, 1))
process.exit(tally.wrong ? 1 : 0)
