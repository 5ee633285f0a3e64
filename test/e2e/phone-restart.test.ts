import { expect, it } from 'vitest'
import { createApp, openFoundation } from '../../src/app/index.ts'
import { activate, askPhone, takePhone } from '../support/phone-seat.ts'
import { inBrowser } from '../support/scene.ts'

inBrowser('a server that starts again', (current) => {
  it('R-01 S119 between a request and its approval: phone and computer find back by themselves, and the approval counts', async () => {
    const scene = current()
    const { app, foundation, url } = scene.app
    const { user } = await scene.app.addPerson({ email: 'patient@example.com', withKey: false })
    const phone = await takePhone(scene)
    await activate(phone, scene.app, user)
    await phone.page.getByText('Ready').waitFor()
    const computer = await askPhone(scene, user.email)
    const number = phone.page.getByRole('button', { name: computer.number, exact: true })
    await number.waitFor()

    await app.stop()
    await phone.page.waitForTimeout(1_500)
    const again = await openFoundation(foundation.config, foundation.log, foundation.clock)
    const second = await createApp(again)
    await second.listen('127.0.0.1', Number(new URL(url).port))
    try {
      const back = Date.now()
      await number.click()
      await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
      await computer.page.waitForURL(`${url}/**`, { waitUntil: 'domcontentloaded' })
      await computer.page.getByText('What application do you want to use today?').waitFor({ timeout: 30_000 })
      expect(Date.now() - back).toBeLessThan(30_000)

      // A second request reaches the phone too, whose line to the first process is gone.
      const later = await askPhone(scene, user.email)
      await phone.page.getByRole('link', { name: 'Done' }).click().catch(() => undefined)
      await phone.page.getByRole('button', { name: later.number, exact: true }).waitFor({ timeout: 30_000 })
    } finally {
      // Both browsers told of the connections that failed meanwhile; that is what this test is about.
      for (const seat of [phone, computer]) await seat.context.close()
      await second.stop()
      await again.close()
    }
  })
})
