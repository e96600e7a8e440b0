# Prints PATH:LINE:CODE for each line of the C files given: comments and the insides of strings
# and characters are blanked, so that what is left is code alone.
FNR == 1 { in_comment = 0 }
{
    rest = $0
    code = ""
    while (rest != "") {
        if (in_comment) {
            end = index(rest, "*/")
            if (end == 0) {
                rest = ""
                break
            }
            rest = substr(rest, end + 2)
            in_comment = 0
            code = code " "
        } else if (match(rest, /\/\*|\/\/|"|'/)) {
            token = substr(rest, RSTART, RLENGTH)
            code = code substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            if (token == "//") {
                rest = ""
            } else if (token == "/*") {
                in_comment = 1
            } else {
                code = code token
                while (rest != "" && substr(rest, 1, 1) != token) {
                    rest = substr(rest, substr(rest, 1, 1) == "\\" ? 3 : 2)
                }
                code = code token
                rest = substr(rest, 2)
            }
        } else {
            code = code rest
            rest = ""
        }
    }
    print FILENAME ":" FNR ":" code
}
