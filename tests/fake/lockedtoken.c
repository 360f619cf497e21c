/* A PKCS#11 module whose PIN is locked: SoftHSM, which locks none, under another C_Login(). */
#include <dlfcn.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>

static CK_RV refuse(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    (void) session, (void) user, (void) pin, (void) len;
    return CKR_PIN_LOCKED;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
    static CK_FUNCTION_LIST list;
    CK_FUNCTION_LIST *theirs = NULL;
    const char *path = getenv("FTPSH_TOKEN_MODULE");
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get;
    *(void **) &get = module ? dlsym(module, "C_GetFunctionList") : NULL;
    if (!get || get(&theirs) != CKR_OK)
        return CKR_GENERAL_ERROR;
    list = *theirs;
    list.C_GetFunctionList = C_GetFunctionList;
    list.C_Login = refuse;
    *out = &list;
    return CKR_OK;
}
