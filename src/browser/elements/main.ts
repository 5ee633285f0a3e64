// Every page loads this one module; each element enhances markup that already works without it.
import './check-all.ts'
import './count-down.ts'
import './passkey-button.ts'
import './security-check.ts'
import './submit-once.ts'
import './user-menu.ts'
import './copy-button.ts'
import './hand-over.ts'
