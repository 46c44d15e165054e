/** A certificate for 127.0.0.1 that nobody vouches for, and its key; of no use but to be refused. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguYRXGRdnmROyhuu1
NZI+4rpY80l5ZLttf3r04hEh3e2hRANCAASynQa712pFvdjcS9ds4jjOjro/3HmQ
rwPdBna9zf1hoDA/KmyrvPqgack/ZyhXcENMltq2yO7WXlhqxVuqv+Rl
-----END PRIVATE KEY-----
`;

export const cert = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUErZGj69ZEo0nhkNes9KOvFj+xfQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzExNTQ0N1oYDzIxMjYxMTAz
MTE1NDQ3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASynQa712pFvdjcS9ds4jjOjro/3HmQrwPdBna9zf1hoDA/KmyrvPqg
ack/ZyhXcENMltq2yO7WXlhqxVuqv+Rlo2QwYjAdBgNVHQ4EFgQUpRYrUNoaj6j9
34QTmhaHnnsPEAkwHwYDVR0jBBgwFoAUpRYrUNoaj6j934QTmhaHnnsPEAkwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQDp3zAd4hiTmyPvSNUo9pBLiZY6TzGrrPVuOl/12QKQmgIgAskbte7OTr/XI9nz
IBLhjZRQOGX/fl5mX38ou2iMVEU=
-----END CERTIFICATE-----
`;
