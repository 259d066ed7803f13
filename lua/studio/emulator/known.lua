--- What every emulator has from the start: credentials that are obviously not real, and the SIDs of its seeds.
-- Both sides read this file: the program that starts the service, and the service.
-- @module studio.emulator.known

return {
  account_sid = "AC00000000000000000000000000000001",
  auth_token = "emulator-auth-token-0000000000001",
  api_key = "SK00000000000000000000000000000001",
  api_secret = "emulator-api-secret-00000000000001",
  client_id = "OQ00000000000000000000000000000001",
  client_secret = "emulator-client-secret-0000000001",

  --- The seeded flows, all published, by position and by name.
  flows = {
    "FW00000000000000000000000000000001",
    "FW00000000000000000000000000000002",
    "FW00000000000000000000000000000003",
    "FW00000000000000000000000000000004",
    "FW00000000000000000000000000000005",
    survey = "FW00000000000000000000000000000001",
    reminder = "FW00000000000000000000000000000002",
    support = "FW00000000000000000000000000000003",
    orders = "FW00000000000000000000000000000004",
    values = "FW00000000000000000000000000000005",
  },
  flex_flow = "FO00000000000000000000000000000001",
  chat_service = "IS00000000000000000000000000000001",
  author = "US00000000000000000000000000000001",
}
