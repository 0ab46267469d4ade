declare module '*.hbs' {
  const spec: TemplateSpecification;
  export default spec;
}

declare module '*.wasm' {
  const bytes: Uint8Array;
  export default bytes;
}

declare module '*.css' {
  const part: { text: string; hash: string };
  export default part;
}

declare module '*/page.js' {
  const part: { text: string; hash: string };
  export default part;
}

declare module '*/list.js' {
  const part: { text: string; hash: string };
  export default part;
}

declare module '*.sh' {
  const text: string;
  export default text;
}
