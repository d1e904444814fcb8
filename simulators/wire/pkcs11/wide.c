/* A PKCS#11 module that lets GOST, AES and the rest through p11-kit's client to the virtual token.
 *
 * p11-kit-client.so sends only the mechanisms that it has code for, and drops all others from the list and from
 * every call: all of GOST, key wrapping, ECDSA with a digest. This module stands before it and sends those as an
 * OAEP mechanism, which the client does know, with the real one inside: `hashAlg` is CARRIER, `mgf` the real
 * number, and the label its parameters in the form of the wire. Which mechanisms there are it asks the token, whose
 * objects of class CKO_MECHANISM say it (PKCS#11 v2.40, 4.12). See codec.py.
 *
 *     cc -shared -fPIC -O2 -o wide.so wide.c -ldl
 *     PPELAB_P11_CLIENT=/usr/lib/…/pkcs11/p11-kit-client.so pkcs11-tool --module ./wide.so …
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long ulong_t;
typedef unsigned char byte_t;
typedef ulong_t rv_t;

typedef struct { ulong_t mechanism; void *parameter; ulong_t parameter_length; } mechanism_t;
typedef struct { ulong_t type; void *value; ulong_t length; } attribute_t;
typedef struct { ulong_t low, high, flags; } mechanism_info_t;
typedef struct { ulong_t hash, mgf, source; void *label; ulong_t label_length; } oaep_t;
typedef struct { ulong_t hash, mgf, salt; } pss_t;
typedef struct { ulong_t kdf, shared_length; byte_t *shared; ulong_t public_length; byte_t *public; } ecdh_t;
typedef struct {
    byte_t *iv; ulong_t iv_length, iv_bits; byte_t *aad; ulong_t aad_length, tag_bits;
} gcm_t;

enum {
    OK = 0, HOST_MEMORY = 2, GENERAL_ERROR = 5, ARGUMENTS_BAD = 7, MECHANISM_INVALID = 0x70,
    BUFFER_TOO_SMALL = 0x150,
    CKO_MECHANISM = 7, CKA_CLASS = 0, CKA_MECHANISM_TYPE = 0x500, CKF_SERIAL_SESSION = 4, CKM_OAEP = 9,
    CKM_ECDH1_DERIVE = 0x1050, CKM_AES_GCM = 0x1087,
    MOST = 128
};
#define CARRIER 0x50504C41UL
#define CKA_INFO 0x80504C41UL /* low, high, flags of CK_MECHANISM_INFO, eight bytes each, big-endian */

/* Places of the calls in CK_FUNCTION_LIST; the version stands before them, padded to a pointer. */
enum {
    GET_FUNCTION_LIST = 3, GET_MECHANISM_LIST = 7,
    GET_MECHANISM_INFO = 8, OPEN_SESSION = 12, CLOSE_SESSION = 13,
    GET_ATTRIBUTE_VALUE = 24, FIND_INIT = 26, FIND = 27, FIND_FINAL = 28, ENCRYPT_INIT = 29, DECRYPT_INIT = 33,
    DIGEST_INIT = 37, SIGN_INIT = 42, VERIFY_INIT = 48, GENERATE_KEY = 58, GENERATE_KEY_PAIR = 59, WRAP_KEY = 60,
    UNWRAP_KEY = 61, DERIVE_KEY = 62, CALLS = 68
};
typedef struct { byte_t version[sizeof(void *)]; void *calls[CALLS]; } functions_t;

static functions_t inner, outer;
#define CALL(place, ...) ((rv_t (*)(__VA_ARGS__))inner.calls[place])

/* The mechanisms that p11-kit 0.24.1 sends by itself, as far as our tokens have them. Later ones send more; that
 * ours go inside another one then does no harm. */
static int is_known(ulong_t kind)
{
    static const ulong_t known[] = {
        0x0, 0x1, 0x3, 0x6, 0x9, 0xD, 0x40, 0x41, 0x42, 0x220, 0x250, 0x260, 0x270, 0x350, 0x1040, 0x1041, 0x1042,
        0x1080, 0x1081
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == kind)
            return 1;
    return 0;
}

/* Read what mechanisms the token has: their numbers, and what C_GetMechanismInfo would say of each. */
static rv_t ask_token(ulong_t slot, ulong_t *kinds, mechanism_info_t *infos, ulong_t *count)
{
    ulong_t session, class = CKO_MECHANISM, objects[MOST], found = 0;
    attribute_t template = { CKA_CLASS, &class, sizeof class };
    rv_t rv = CALL(OPEN_SESSION, ulong_t, ulong_t, void *, void *, ulong_t *)(
        slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    if (rv != OK)
        return rv;
    rv = CALL(FIND_INIT, ulong_t, attribute_t *, ulong_t)(session, &template, 1);
    if (rv == OK) {
        rv = CALL(FIND, ulong_t, ulong_t *, ulong_t, ulong_t *)(session, objects, MOST, &found);
        CALL(FIND_FINAL, ulong_t)(session);
    }
    for (ulong_t i = 0; rv == OK && i < found; i++) {
        byte_t info[24];
        attribute_t wanted[] = { { CKA_MECHANISM_TYPE, &kinds[i], sizeof kinds[i] }, { CKA_INFO, info, sizeof info } };
        rv = CALL(GET_ATTRIBUTE_VALUE, ulong_t, ulong_t, attribute_t *, ulong_t)(session, objects[i], wanted, 2);
        ulong_t *values[] = { &infos[i].low, &infos[i].high, &infos[i].flags };
        for (int value = 0; rv == OK && value < 3; value++) {
            *values[value] = 0;
            for (int place = 0; place < 8; place++)
                *values[value] = *values[value] << 8 | info[8 * value + place];
        }
    }
    CALL(CLOSE_SESSION, ulong_t)(session);
    *count = found;
    return rv;
}

static rv_t get_mechanism_list(ulong_t slot, ulong_t *list, ulong_t *count)
{
    mechanism_info_t infos[MOST];
    ulong_t kinds[MOST], found;
    rv_t rv;
    if (count == NULL)
        return ARGUMENTS_BAD;
    rv = ask_token(slot, kinds, infos, &found);
    if (rv != OK)
        return rv;
    if (list != NULL && *count < found)
        rv = BUFFER_TOO_SMALL;
    else if (list != NULL)
        memcpy(list, kinds, found * sizeof *kinds);
    *count = found;
    return rv;
}

static rv_t get_mechanism_info(ulong_t slot, ulong_t kind, mechanism_info_t *info)
{
    mechanism_info_t infos[MOST];
    ulong_t kinds[MOST], found;
    rv_t rv;
    if (info == NULL)
        return ARGUMENTS_BAD;
    rv = ask_token(slot, kinds, infos, &found);
    for (ulong_t i = 0; rv == OK && i < found; i++)
        if (kinds[i] == kind) {
            *info = infos[i];
            return OK;
        }
    return rv == OK ? MECHANISM_INVALID : rv;
}

/* -- writing parameters as they are on the wire -- */

typedef struct { byte_t *data; size_t length, room; } text_t;

static int put(text_t *text, const void *data, size_t length)
{
    if (text->length + length > text->room) {
        size_t room = 2 * (text->room + length);
        byte_t *more = realloc(text->data, room);
        if (more == NULL)
            return 0;
        text->data = more;
        text->room = room;
    }
    if (length)
        memcpy(text->data + text->length, data, length);
    text->length += length;
    return 1;
}

static int put_number(text_t *text, uint64_t value, int size)
{
    byte_t bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (byte_t)(value >> (8 * (size - 1 - i)));
    return put(text, bytes, (size_t)size);
}

static int put_bytes(text_t *text, const void *data, ulong_t length)
{
    return put_number(text, length, 4) && put(text, data, length);
}

static int is_pss(ulong_t kind)
{
    return kind == 0xD || kind == 0xE || (kind >= 0x43 && kind <= 0x45);
}

static int put_parameters(text_t *text, const mechanism_t *mechanism)
{
    const void *given = mechanism->parameter;
    ulong_t length = mechanism->parameter_length;
    if (given == NULL || length == 0)
        return 1;
    if (is_pss(mechanism->mechanism) && length == sizeof(pss_t)) {
        const pss_t *pss = given;
        return put_number(text, pss->hash, 8) && put_number(text, pss->mgf, 8) && put_number(text, pss->salt, 8);
    }
    if (mechanism->mechanism == CKM_ECDH1_DERIVE && length == sizeof(ecdh_t)) {
        const ecdh_t *ecdh = given;
        return put_number(text, ecdh->kdf, 8) && put_bytes(text, ecdh->shared, ecdh->shared ? ecdh->shared_length : 0)
            && put_bytes(text, ecdh->public, ecdh->public ? ecdh->public_length : 0);
    }
    if (mechanism->mechanism == CKM_AES_GCM && length == sizeof(gcm_t)) {
        const gcm_t *gcm = given;
        return put_bytes(text, gcm->iv, gcm->iv ? gcm->iv_length : 0) && put_number(text, gcm->iv_bits, 8)
            && put_bytes(text, gcm->aad, gcm->aad ? gcm->aad_length : 0) && put_number(text, gcm->tag_bits, 8);
    }
    return put_bytes(text, given, length);
}

/* -- the calls that take a mechanism -- */

typedef struct { mechanism_t mechanism; oaep_t oaep; text_t text; } carried_t;

/* Return the mechanism as the client can send it; `carried` must be let go with `drop`. */
static mechanism_t *carry(mechanism_t *mechanism, carried_t *carried)
{
    memset(carried, 0, sizeof *carried);
    if (mechanism == NULL || is_known(mechanism->mechanism))
        return mechanism;
    if (!put_parameters(&carried->text, mechanism))
        return NULL;
    carried->oaep = (oaep_t){ CARRIER, mechanism->mechanism, 0, carried->text.data, carried->text.length };
    carried->mechanism = (mechanism_t){ CKM_OAEP, &carried->oaep, sizeof carried->oaep };
    return &carried->mechanism;
}

static void drop(carried_t *carried)
{
    free(carried->text.data);
}

#define WITH_MECHANISM(call) \
    carried_t carried; \
    mechanism_t *sent = carry(mechanism, &carried); \
    rv_t rv = mechanism != NULL && sent == NULL ? (rv_t)HOST_MEMORY : (call); \
    drop(&carried); \
    return rv;

#define INIT(name, place) \
    static rv_t name(ulong_t session, mechanism_t *mechanism, ulong_t key) \
    { \
        WITH_MECHANISM(CALL(place, ulong_t, mechanism_t *, ulong_t)(session, sent, key)) \
    }
INIT(encrypt_init, ENCRYPT_INIT)
INIT(decrypt_init, DECRYPT_INIT)
INIT(sign_init, SIGN_INIT)
INIT(verify_init, VERIFY_INIT)

static rv_t digest_init(ulong_t session, mechanism_t *mechanism)
{
    WITH_MECHANISM(CALL(DIGEST_INIT, ulong_t, mechanism_t *)(session, sent))
}

static rv_t generate_key(ulong_t session, mechanism_t *mechanism, attribute_t *template, ulong_t count, ulong_t *key)
{
    WITH_MECHANISM(CALL(GENERATE_KEY, ulong_t, mechanism_t *, attribute_t *, ulong_t, ulong_t *)(
        session, sent, template, count, key))
}

static rv_t generate_key_pair(ulong_t session, mechanism_t *mechanism, attribute_t *public, ulong_t public_count,
    attribute_t *private, ulong_t private_count, ulong_t *public_key, ulong_t *private_key)
{
    WITH_MECHANISM(CALL(GENERATE_KEY_PAIR, ulong_t, mechanism_t *, attribute_t *, ulong_t, attribute_t *, ulong_t,
        ulong_t *, ulong_t *)(session, sent, public, public_count, private, private_count, public_key, private_key))
}

static rv_t wrap_key(ulong_t session, mechanism_t *mechanism, ulong_t wrapping, ulong_t key, byte_t *wrapped, ulong_t *length)
{
    WITH_MECHANISM(CALL(WRAP_KEY, ulong_t, mechanism_t *, ulong_t, ulong_t, byte_t *, ulong_t *)(
        session, sent, wrapping, key, wrapped, length))
}

static rv_t unwrap_key(ulong_t session, mechanism_t *mechanism, ulong_t unwrapping, byte_t *wrapped, ulong_t length,
    attribute_t *template, ulong_t count, ulong_t *key)
{
    WITH_MECHANISM(CALL(UNWRAP_KEY, ulong_t, mechanism_t *, ulong_t, byte_t *, ulong_t, attribute_t *, ulong_t, ulong_t *)(
        session, sent, unwrapping, wrapped, length, template, count, key))
}

static rv_t derive_key(ulong_t session, mechanism_t *mechanism, ulong_t base, attribute_t *template, ulong_t count, ulong_t *key)
{
    WITH_MECHANISM(CALL(DERIVE_KEY, ulong_t, mechanism_t *, ulong_t, attribute_t *, ulong_t, ulong_t *)(
        session, sent, base, template, count, key))
}

rv_t C_GetFunctionList(functions_t **list)
{
    const char *path = getenv("PPELAB_P11_CLIENT");
    rv_t (*get)(functions_t **);
    functions_t *client;
    void *library;
    if (list == NULL)
        return ARGUMENTS_BAD;
    if (outer.calls[0] == NULL) {
        library = dlopen(path != NULL ? path : "p11-kit-client.so", RTLD_NOW | RTLD_LOCAL);
        get = library != NULL ? (rv_t (*)(functions_t **))dlsym(library, "C_GetFunctionList") : NULL;
        if (get == NULL) {
            fprintf(stderr, "wide: %s\n", dlerror());
            return GENERAL_ERROR;
        }
        if (get(&client) != OK)
            return GENERAL_ERROR;
        inner = *client;
        outer = inner;
        outer.calls[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
        outer.calls[GET_MECHANISM_LIST] = (void *)get_mechanism_list;
        outer.calls[GET_MECHANISM_INFO] = (void *)get_mechanism_info;
        outer.calls[ENCRYPT_INIT] = (void *)encrypt_init;
        outer.calls[DECRYPT_INIT] = (void *)decrypt_init;
        outer.calls[DIGEST_INIT] = (void *)digest_init;
        outer.calls[SIGN_INIT] = (void *)sign_init;
        outer.calls[VERIFY_INIT] = (void *)verify_init;
        outer.calls[GENERATE_KEY] = (void *)generate_key;
        outer.calls[GENERATE_KEY_PAIR] = (void *)generate_key_pair;
        outer.calls[WRAP_KEY] = (void *)wrap_key;
        outer.calls[UNWRAP_KEY] = (void *)unwrap_key;
        outer.calls[DERIVE_KEY] = (void *)derive_key;
    }
    *list = &outer;
    return OK;
}
