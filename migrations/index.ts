import { CreateFirstTables1764000000000 } from './1764000000000-create-first-tables.ts'
import { AddFederation1764100000000 } from './1764100000000-add-federation.ts'
import { AddExternalMfa1764200000000 } from './1764200000000-add-external-mfa.ts'
import { AddMicrosoft3651764300000000 } from './1764300000000-add-microsoft365.ts'
import { AddDirectories1764400000000 } from './1764400000000-add-directories.ts'
import { AddPasswords1764500000000 } from './1764500000000-add-passwords.ts'
import { AddScim1764600000000 } from './1764600000000-add-scim.ts'
import { AddPeopleLists1764700000000 } from './1764700000000-add-people-lists.ts'
import { AddPhones1764800000000 } from './1764800000000-add-phones.ts'
import { AddOrganizationTexts1764900000000 } from './1764900000000-add-organization-texts.ts'
import { AddPhoneAssignments1764950000000 } from './1764950000000-add-phone-assignments.ts'
import { AddComputers1765000000000 } from './1765000000000-add-computers.ts'
import { AddMicrosoftKeys1765100000000 } from './1765100000000-add-microsoft-keys.ts'

/** Every migration in order; listed by hand so that a stray file never runs. A released one is never edited, only followed. */
export const migrations = [
  CreateFirstTables1764000000000, AddFederation1764100000000, AddExternalMfa1764200000000, AddMicrosoft3651764300000000, AddDirectories1764400000000, AddPasswords1764500000000, AddScim1764600000000,
  AddPeopleLists1764700000000, AddPhones1764800000000, AddOrganizationTexts1764900000000, AddPhoneAssignments1764950000000, AddComputers1765000000000,
  AddMicrosoftKeys1765100000000,
]
