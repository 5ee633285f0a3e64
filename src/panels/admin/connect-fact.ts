/** What somebody types into the application to connect it. */
export interface ConnectFact { readonly id: string; readonly labelKey: string; readonly value: string }
