// The one function of bcryptprimitives.dll that programs of Go need, and wine 8 does not have.
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL ProcessPrng(PBYTE to, SIZE_T n) { return RtlGenRandom(to, n); }
