/* Preloaded, it makes of any libcurl one that says it is of 2020. */
#include <curl/curl.h>

curl_version_info_data *curl_version_info(CURLversion age)
{
  static curl_version_info_data old = { .version = "7.74.0", .version_num = 0x074a00, .host = "any" };
  old.age = age;
  return &old;
}
