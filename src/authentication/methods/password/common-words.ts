/**
 * Words that lists of leaked passwords are made of, folded. Fifteen characters leave hardly a whole password of those lists;
 * what is left is one of these, twice or with a year.
 */
export const commonWords: readonly string[] = [
  'password', 'passwort', 'passphrase', 'kennwort', 'geheim', 'secret', 'qwertyuiop', 'qwertzuiop', 'qwerty', 'qwertz', 'asdfghjkl', 'asdfgh', 'zxcvbnm', 'yxcvbnm', '1234567890', '0987654321', '123456789', '12345678',
  '1234567', '123456', '12345', '1234', '123', '321', 'abc', 'letmein', 'welcome', 'willkommen', 'admin', 'administrator', 'login', 'master', 'dragon', 'monkey', 'sunshine', 'princess', 'football', 'fussball',
  'baseball', 'basketball', 'superman', 'batman', 'shadow', 'michael', 'jennifer', 'charlie', 'iloveyou', 'ichliebedich', 'hallo', 'hello', 'trustno1', 'starwars', 'whatever', 'changeme', 'default', 'computer', 'internet',
  'schatz', 'summer', 'winter', 'spring', 'autumn', 'sommer', 'fruhling', 'herbst', 'january', 'february', 'monday', 'montag', 'sicherheit', 'security', 'company', 'firma', 'test', 'user', 'guest', 'root', 'p4ssw0rd', 'passw0rd',
  'pa55word', 'freedom', 'cookie', 'pepper', 'ginger', 'hunter', 'killer', 'liverpool', 'arsenal', 'chelsea', 'microsoft', 'google', 'facebook', 'samsung', 'pokemon', 'naruto', 'minecraft', 'doorward',
  'correcthorsebatterystaple', 'thequickbrownfox', 'iamtheking', 'nopassword', 'mypassword', 'ihavenopassword', 'openthedoor', 'opensesame',
]
