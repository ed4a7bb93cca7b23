module hcp/golang

go 1.20
