import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePicture, picturePath } from '../../scripts/readme.ts'

const picture = suite('the picture of the README')

picture('shows what a terminal shows', async () => {
  const isCurrent = (await makePicture()) === readFileSync(picturePath, 'utf8')
  assert.ok(isCurrent, 'npm run readme writes docs/session.svg')
})
picture.run()
