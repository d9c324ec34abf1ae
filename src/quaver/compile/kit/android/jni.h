/* What quaver_jni.c needs of Java's native interface, declared here because the compiler comes without Android's
 * headers. The places in the table of functions are fixed by the interface's specification (version 1.6). */
#ifndef QUAVER_JNI_H
#define QUAVER_JNI_H

typedef void *jobject;
typedef int jint;
typedef unsigned char jboolean;

enum { /* places in the table */
    JNI_FIND_CLASS = 6,
    JNI_THROW_NEW = 14,
    JNI_NEW_STRING_UTF = 167,
    JNI_GET_ARRAY_LENGTH = 171,
    JNI_GET_FLOAT_ARRAY_ELEMENTS = 189,
    JNI_RELEASE_FLOAT_ARRAY_ELEMENTS = 197,
    JNI_SET_FLOAT_ARRAY_REGION = 213,
    JNI_GET_DIRECT_BUFFER_ADDRESS = 230,
    JNI_GET_DIRECT_BUFFER_CAPACITY = 231,
    JNI_TABLE = 233
};
enum { JNI_ABORT = 2 }; /* what was read need not be copied back */

typedef void (*jni_function)(void);
typedef const jni_function *JNIEnv; /* (JNI_TABLE) */

#define JNI(env, place, kind) ((kind)(*(env))[place])

typedef jobject (*jni_find_class)(JNIEnv *, const char *);
typedef jint (*jni_throw_new)(JNIEnv *, jobject, const char *);
typedef jobject (*jni_new_string)(JNIEnv *, const char *);
typedef jint (*jni_length)(JNIEnv *, jobject);
typedef float *(*jni_floats)(JNIEnv *, jobject, jboolean *);
typedef void (*jni_release)(JNIEnv *, jobject, float *, jint);
typedef void (*jni_set)(JNIEnv *, jobject, jint, jint, const float *);
typedef void *(*jni_address)(JNIEnv *, jobject);
typedef long long (*jni_capacity)(JNIEnv *, jobject);

#endif
