# Sourced by ./sluice and ./verify, POSIX sh.
#
# find_jdk TOOL   sets jdk to the home of a JDK new enough that has bin/TOOL (java to run, javac to build): JAVA_HOME if it will do,
#                 else the java of PATH, else the newest in the usual folders. Returns 1 where there is none; jdk_newest then says
#                 in words what was the best of what was found.
#
# SLUICE_JDK_FOLDERS replaces the usual folders: patterns of Java homes, separated by blanks.

jdk_oldest=22

# Prints the feature release of the Java home $1, read from its release file because starting a JVM to ask it costs 50 ms.
jdk_feature() {
    jdk_version=
    if [ -r "$1/release" ]; then
        while IFS='=' read -r jdk_key jdk_value; do
            [ "$jdk_key" = JAVA_VERSION ] && jdk_version=${jdk_value#\"}
        done < "$1/release"
    else
        jdk_version=$("$1/bin/java" -version 2>&1 | sed -n '1s/.*version "//p')
    fi
    jdk_version=${jdk_version#1.}
    jdk_version=${jdk_version%%[!0-9]*}
    jdk_version=${jdk_version:-0}
}

# Whether the Java home $1 will do, for the tool $2.
jdk_suits() {
    [ -x "$1/bin/$2" ] && [ -x "$1/bin/java" ] || return 1
    jdk_feature "$1"
    if [ "$jdk_version" -gt "$jdk_best" ]; then
        jdk_best=$jdk_version
        jdk_best_home=$1
    fi
    [ "$jdk_version" -ge "$jdk_oldest" ]
}

find_jdk() {
    jdk_best=0
    jdk_best_home=
    if [ -n "${JAVA_HOME-}" ] && jdk_suits "$JAVA_HOME" "$1"; then
        jdk=$JAVA_HOME
        return 0
    fi
    if jdk_java=$(command -v java); then
        jdk=$(readlink -f "$jdk_java")
        jdk=${jdk%/bin/java}
        jdk_suits "$jdk" "$1" && return 0
    fi
    for jdk in ${SLUICE_JDK_FOLDERS-/usr/lib/jvm/* /opt/* /opt/*/* /usr/java/* /usr/local/* "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/*}; do
        jdk_suits "$jdk" "$1" || :
    done
    jdk=$jdk_best_home
    jdk_newest="the newest found is $jdk_best at $jdk"
    [ "$jdk_best" -gt 0 ] || jdk_newest="none found"
    [ "$jdk_best" -ge "$jdk_oldest" ]
}
