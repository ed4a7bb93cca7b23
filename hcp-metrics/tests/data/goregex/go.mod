module goregex

go 1.25
