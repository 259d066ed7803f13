-- What stands in for the settings of the shop where nothing is deployed.
return {
  SHOP_URL = "https://shop.example",
  WORKFLOW_SID = "WW00000000000000000000000000000001",
  TASK_CHANNEL_SID = "TC00000000000000000000000000000001",
}
