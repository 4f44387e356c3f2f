# The bot as one static file: no shell, no package manager, no root.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /understudy ./cmd/understudy \
 && mkdir -m 0700 /store

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /understudy /understudy
COPY --from=build --chown=65532:65532 /store /store
USER 65532:65532
VOLUME /store
# The image has no /tmp, and "store check" looks at a copy.
ENV UNDERSTUDY_STORE=bolt:/store/understudy.db UNDERSTUDY_LOG_JSON=true TMPDIR=/store
ENTRYPOINT ["/understudy"]
CMD ["serve"]
