/* A PKCS#11 module over SoftHSM whose tokens T1 and T2 can be pulled out, lock, delay, fail and hang.

   What SoftHSM cannot do, this does, as PKCS#11 demands: when a token leaves its slot, its sessions end, also when it
   comes back. It is steered by the numbers in a file that is mapped into memory, so that every process which
   has the module loaded sees a change at once and wrong PINs are counted for all. See shim.py. */
#include <p11-kit/pkcs11.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { TOKENS = 2, SESSIONS = 64, SLOTS = 32 };

/* The same order as in shim.py. */
static volatile struct {
    int absent[TOKENS], generation[TOKENS], wrong[TOKENS];
    int lock_after;                  /* wrong PINs that lock; 0: never, like SoftHSM */
    int hang_at, hang_ms, hang_hard; /* which function hangs, how long, whether it blocks all signals meanwhile */
    int fail_at, fail_with;          /* which function fails, with which CKR */
    int sign_ms;                     /* how long a signature takes */
    int entered;                     /* calls of the function of hang_at, or of C_Sign, so far */
    int only;                        /* the token that C_GetTokenInfo hangs or fails for; 0: for all */
} *ctl;

enum { NONE, INITIALIZE, LIST, TOKEN_INFO, OPEN, LOGIN, FIND, SIGN, DECRYPT, SET_PIN, FINALIZE, SESSION_INFO, EVERY };

static CK_FUNCTION_LIST ours, *real;
static CK_SLOT_ID slot_of[TOKENS];
static int known[TOKENS];
static struct { CK_SESSION_HANDLE handle; int token, generation; } sessions[SESSIONS];

static void wait_ms(int ms)
{
    struct timespec step = { ms / 1000, ms % 1000 * 1000000L };
    while (nanosleep(&step, &step) != 0) { }
}

static CK_RV enter(int function)
{
    if (ctl->hang_at == function || ctl->hang_at == EVERY) {
        ctl->entered++;
        if (ctl->hang_hard) {
            sigset_t all;
            sigfillset(&all);
            sigprocmask(SIG_BLOCK, &all, NULL);
        }
        wait_ms(ctl->hang_ms);
    }
    return ctl->fail_at == function ? (CK_RV)(unsigned)ctl->fail_with : CKR_OK;
}

#define ENTER(function) do { CK_RV rv_ = enter(function); if (rv_ != CKR_OK) return rv_; } while (0)
#define ALIVE(handle) do { CK_RV rv_ = alive(handle); if (rv_ != CKR_OK) return rv_; } while (0)

static void learn(void)
{
    CK_SLOT_ID list[SLOTS];
    CK_ULONG count = SLOTS, i;
    if (real->C_GetSlotList(CK_TRUE, list, &count) != CKR_OK) return;
    for (i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        int token;
        if (real->C_GetTokenInfo(list[i], &info) != CKR_OK) continue;
        token = info.label[0] == 'T' ? info.label[1] - '1' : -1;
        if (token >= 0 && token < TOKENS) { slot_of[token] = list[i]; known[token] = 1; }
    }
}

static int token_in(CK_SLOT_ID slot)
{
    int token;
    for (token = 0; token < TOKENS; token++)
        if (known[token] && slot_of[token] == slot) return token;
    return -1;
}

static int out(CK_SLOT_ID slot) { int token = token_in(slot); return token < 0 || ctl->absent[token]; }

static CK_RV alive(CK_SESSION_HANDLE handle)
{
    int i;
    for (i = 0; i < SESSIONS; i++)
        if (sessions[i].handle == handle) {
            if (ctl->absent[sessions[i].token]) return CKR_DEVICE_REMOVED;
            return ctl->generation[sessions[i].token] == sessions[i].generation ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
        }
    return CKR_SESSION_HANDLE_INVALID;
}

static int token_of(CK_SESSION_HANDLE handle)
{
    int i;
    for (i = 0; i < SESSIONS; i++)
        if (sessions[i].handle == handle) return sessions[i].token;
    return 0;
}

static CK_RV initialize(CK_VOID_PTR arguments)
{
    CK_RV rv;
    ENTER(INITIALIZE);
    rv = real->C_Initialize(arguments);
    if (rv == CKR_OK) learn();
    return rv;
}

static CK_RV finalize(CK_VOID_PTR reserved) { ENTER(FINALIZE); return real->C_Finalize(reserved); }

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count)
{
    CK_ULONG n = 0;
    int token;
    ENTER(LIST);
    for (token = 0; token < TOKENS; token++) {
        if (!known[token] || (present && ctl->absent[token])) continue;
        if (list != NULL) {
            if (n >= *count) return CKR_BUFFER_TOO_SMALL;
            list[n] = slot_of[token];
        }
        n++;
    }
    *count = n;
    return CKR_OK;
}

static CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info)
{
    CK_RV rv = real->C_GetSlotInfo(slot, info);
    if (rv == CKR_OK && out(slot)) info->flags &= ~CKF_TOKEN_PRESENT;
    return rv;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    CK_RV rv;
    int token = token_in(slot), left;
    if (ctl->only == 0 || ctl->only == token + 1) ENTER(TOKEN_INFO);
    if (out(slot)) return CKR_TOKEN_NOT_PRESENT;
    rv = real->C_GetTokenInfo(slot, info);
    if (rv != CKR_OK || ctl->lock_after == 0) return rv;
    info->flags &= ~(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
    left = ctl->lock_after - ctl->wrong[token];
    if (ctl->wrong[token] > 0) info->flags |= CKF_USER_PIN_COUNT_LOW;
    if (left == 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
    if (left <= 0) info->flags |= CKF_USER_PIN_LOCKED;
    return rv;
}

static CK_RV mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count)
{
    return out(slot) ? CKR_TOKEN_NOT_PRESENT : real->C_GetMechanismList(slot, list, count);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR handle)
{
    CK_RV rv;
    int i, token = token_in(slot);
    ENTER(OPEN);
    if (out(slot)) return CKR_TOKEN_NOT_PRESENT;
    for (i = 0; i < SESSIONS && sessions[i].handle != 0; i++) { }
    if (i == SESSIONS) return CKR_SESSION_COUNT;
    rv = real->C_OpenSession(slot, flags, app, notify, handle);
    if (rv == CKR_OK) {
        sessions[i].handle = *handle;
        sessions[i].token = token;
        sessions[i].generation = ctl->generation[token];
    }
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE handle)
{
    int i;
    for (i = 0; i < SESSIONS; i++)
        if (sessions[i].handle == handle) sessions[i].handle = 0;
    return real->C_CloseSession(handle);
}

static CK_RV session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO_PTR info)
{
    ENTER(SESSION_INFO);
    ALIVE(handle);
    return real->C_GetSessionInfo(handle, info);
}

static CK_RV count_pin(int token, CK_RV rv)
{
    if (rv == CKR_PIN_INCORRECT) ctl->wrong[token]++;
    if (rv == CKR_OK) ctl->wrong[token] = 0;
    return rv; /* the wrong PIN that locks is "incorrect" as any other; only the flags say the rest */
}

static int locked(int token) { return ctl->lock_after > 0 && ctl->wrong[token] >= ctl->lock_after; }

static CK_RV login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
    int token = token_of(handle);
    ENTER(LOGIN);
    ALIVE(handle);
    if (user != CKU_USER) return real->C_Login(handle, user, pin, length);
    if (locked(token)) return CKR_PIN_LOCKED;
    return count_pin(token, real->C_Login(handle, user, pin, length));
}

static CK_RV set_pin(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR old, CK_ULONG n, CK_UTF8CHAR_PTR new_, CK_ULONG m)
{
    int token = token_of(handle);
    ENTER(SET_PIN);
    ALIVE(handle);
    if (locked(token)) return CKR_PIN_LOCKED;
    return count_pin(token, real->C_SetPIN(handle, old, n, new_, m));
}

static CK_RV find(CK_SESSION_HANDLE handle, CK_ATTRIBUTE_PTR template_, CK_ULONG count)
{
    ENTER(FIND);
    ALIVE(handle);
    return real->C_FindObjectsInit(handle, template_, count);
}

static CK_RV sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    ALIVE(handle);
    return real->C_SignInit(handle, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE handle, CK_BYTE_PTR data, CK_ULONG n, CK_BYTE_PTR signature, CK_ULONG_PTR m)
{
    if (signature != NULL) { /* not when only the length is asked for */
        int ms;
        CK_RV rv;
        if (ctl->hang_at != SIGN) ctl->entered++;
        rv = enter(SIGN);
        if (rv != CKR_OK) { /* end the operation, as a failing module would */
            real->C_Sign(handle, data, n, signature, m);
            return rv;
        }
        for (ms = 0; ms < ctl->sign_ms && alive(handle) == CKR_OK; ms++) wait_ms(1);
        ALIVE(handle);
    }
    return real->C_Sign(handle, data, n, signature, m);
}

static CK_RV decrypt(CK_SESSION_HANDLE handle, CK_BYTE_PTR data, CK_ULONG n, CK_BYTE_PTR clear, CK_ULONG_PTR m)
{
    ENTER(DECRYPT);
    ALIVE(handle);
    return real->C_Decrypt(handle, data, n, clear, m);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    if (real == NULL) {
        void *softhsm = dlopen(getenv("PPELAB_SHIM_OVER"), RTLD_NOW);
        CK_C_GetFunctionList get;
        int file = open(getenv("PPELAB_SHIM"), O_RDWR | O_CLOEXEC);
        void *mapped;
        CK_RV rv;
        if (softhsm == NULL || file < 0) return CKR_GENERAL_ERROR;
        mapped = mmap(NULL, sizeof *ctl, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) return CKR_GENERAL_ERROR;
        ctl = mapped;
        get = (CK_C_GetFunctionList)dlsym(softhsm, "C_GetFunctionList");
        rv = get(&real);
        if (rv != CKR_OK) return rv;
        ours = *real;
        ours.C_GetFunctionList = C_GetFunctionList;
        ours.C_Initialize = initialize;
        ours.C_Finalize = finalize;
        ours.C_GetSlotList = slot_list;
        ours.C_GetSlotInfo = slot_info;
        ours.C_GetTokenInfo = token_info;
        ours.C_GetMechanismList = mechanism_list;
        ours.C_OpenSession = open_session;
        ours.C_CloseSession = close_session;
        ours.C_GetSessionInfo = session_info;
        ours.C_Login = login;
        ours.C_SetPIN = set_pin;
        ours.C_FindObjectsInit = find;
        ours.C_SignInit = sign_init;
        ours.C_Sign = sign;
        ours.C_Decrypt = decrypt;
    }
    *list = &ours;
    return CKR_OK;
}
