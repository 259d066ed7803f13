/*
 * luaopen_studio_crypto: what checking a webhook's signature needs of libcrypto. A module of its own, so that programs that check none
 * do not need libcrypto.
 */
#include "compat.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* signature(key, text) -> HMAC-SHA1 (RFC 2104) in base64 */
static int crypto_signature(lua_State *L)
{
  unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
  unsigned int size = 0;
  size_t key_length, length;
  const char *key = luaL_checklstring(L, 1, &key_length);
  const char *data = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, key_length > 0 && key_length <= INT_MAX, 1, "a key has 1 to 2^31-1 bytes");
  if (HMAC(EVP_sha1(), key, (int)key_length, (const unsigned char *)data, length, digest, &size) == NULL)
    return luaL_error(L, "libcrypto cannot compute HMAC-SHA1");
  lua_pushlstring(L, (const char *)text, (size_t)EVP_EncodeBlock(text, digest, (int)size));
  return 1;
}

/* sha256(text) -> 64 lower-case hex digits (FIPS 180-4) */
static int crypto_sha256(lua_State *L)
{
  static const char digits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  char text[EVP_MAX_MD_SIZE * 2];
  unsigned int size = 0, index;
  size_t length;
  const char *data = luaL_checklstring(L, 1, &length);
  if (EVP_Digest(data, length, digest, &size, EVP_sha256(), NULL) != 1)
    return luaL_error(L, "libcrypto cannot compute SHA-256");
  for (index = 0; index < size; index++) {
    text[2 * index] = digits[digest[index] >> 4];
    text[2 * index + 1] = digits[digest[index] & 15];
  }
  lua_pushlstring(L, text, 2 * (size_t)size);
  return 1;
}

/* equal(one, other): takes as long wherever they differ; how long they are is no secret */
static int crypto_equal(lua_State *L)
{
  size_t length, other_length;
  const char *text = luaL_checklstring(L, 1, &length);
  const char *other = luaL_checklstring(L, 2, &other_length);
  lua_pushboolean(L, length == other_length && CRYPTO_memcmp(text, other, length) == 0);
  return 1;
}

STUDIO_EXPORT int luaopen_studio_crypto(lua_State *L);

STUDIO_EXPORT int luaopen_studio_crypto(lua_State *L)
{
  static const luaL_Reg functions[] = {
    { "equal", crypto_equal },
    { "sha256", crypto_sha256 },
    { "signature", crypto_signature },
    { NULL, NULL },
  };
  luaL_newlib(L, functions);
  return 1;
}
